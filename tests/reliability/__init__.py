"""Real faults, and what becomes of the page under each of them."""
