"""The objects themselves: checks."""
