"""Tests against real daemons and guests."""
