"""Declarations of metrics, the rows collectors fill, and the page they end on, in text and OpenMetrics."""
