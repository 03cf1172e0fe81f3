"""Tests of the agent, and the laboratory they run in."""
