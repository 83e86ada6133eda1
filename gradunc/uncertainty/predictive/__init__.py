"""Uncertainty that a network predicts itself, in the same pass as the depth."""
