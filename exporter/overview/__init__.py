"""The page for people: what a host looks like at this moment, out of what was collected already."""
