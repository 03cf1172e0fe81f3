"""Collectors: pure functions from what was gathered to samples, one file a subject."""
