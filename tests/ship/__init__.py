"""Trials of what is shipped, in fresh roots of a distribution."""
