"""Monodepth2 (Godard et al., ICCV 2019) with any timm backbone as encoder."""
