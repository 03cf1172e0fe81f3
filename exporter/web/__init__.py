"""The HTTP side: hands out bytes that are already there, and never touches libvirt."""
