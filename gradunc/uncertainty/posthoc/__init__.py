"""Uncertainty of a frozen network from forward passes alone: how far its answers to changed inputs differ."""
