"""Targets for Prometheus, so that nobody writes lists of them."""
