"""What the page of each host shape looks like, reviewed like code; `scripts/golden` writes it anew."""
