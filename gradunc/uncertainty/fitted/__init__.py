"""Uncertainty of a frozen network that is learned afterwards from a split of the data."""
