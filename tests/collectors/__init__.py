"""Collectors as what they are: functions from what was gathered to samples."""
