"""Depth Anything V1 and V2 (Yang et al., CVPR 2024 and NeurIPS 2024), relative and metric."""
