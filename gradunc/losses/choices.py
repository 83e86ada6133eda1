"""The names that options of this package can take. Needs no torch, so that a configuration is checked without it."""

LOSSES = (
    "photometric",
    "smoothness",
    "l1",
    "l2",
    "berhu",
    "silog",
    "eigen",
    "eigen_full",
    "gradient_matching",
    "ssi",
    "ssi_matching",
    "ssi_trimmed",
    "ssi_trimmed_matching",
    "bin_chamfer",
    "laplace",
    "gaussian",
    "beta_nll",
    "evidential",
    "evidential_regularizer",
    "photometric_laplace",
    "reprojection",
)
"""Keys of `TERMS` in `engine.py`: a new loss stands in both, as a test says."""
