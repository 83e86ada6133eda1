"""AdaBins (Bhat et al., CVPR 2021): bins of depth whose widths a transformer predicts for each image."""
