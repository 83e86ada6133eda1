"""NeWCRFs (Yuan et al., CVPR 2022): neural window fully-connected conditional random fields."""
