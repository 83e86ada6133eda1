"""Uncertainty from several answers to one image: of trained networks, or of one whose dropout is sampled."""
