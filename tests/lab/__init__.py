"""The laboratory: real daemons, guests and servers, private to one test session."""
