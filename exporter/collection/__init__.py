"""Runs collectors for one host: gathers what they need, and keeps time, success and failure."""
