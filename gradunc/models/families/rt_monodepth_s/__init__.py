"""RT-MonoDepth-S (Feng et al. 2023), a small network for real time."""
