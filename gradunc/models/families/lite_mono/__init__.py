"""Lite-Mono (Zhang et al., CVPR 2023): dilated convolutions and attention among channels, four sizes."""
