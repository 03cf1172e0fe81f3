"""Alerts and dashboards: what can be shown of them without a host."""
