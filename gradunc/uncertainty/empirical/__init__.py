"""Uncertainty from several trained networks: how far their answers to one image differ."""
