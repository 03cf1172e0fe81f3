"""Trials in fresh roots of a distribution: of what is shipped, and against its libvirt."""
