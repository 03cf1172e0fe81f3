"""Monitoring agent for libvirt hosts that speaks Prometheus, over a read-only connection."""

__version__ = "0.1.0"
