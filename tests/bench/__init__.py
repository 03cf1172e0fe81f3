"""The benchmark: synthetic hosts of any size and a laboratory of real guests, measured side by side in one run."""
