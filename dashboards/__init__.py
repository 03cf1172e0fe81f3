"""Dashboards for Grafana, and what makes them."""
