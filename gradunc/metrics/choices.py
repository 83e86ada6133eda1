"""The names that options of this package can take. Needs no torch, so that a configuration is checked without it."""

from typing import Any, Literal, get_args

PathAlignment = Literal["none", "scale", "6dof", "7dof"]
"""What is taken out of a predicted path: nothing, one factor, a rigid motion, or both."""

PATH_ALIGNMENTS: tuple[PathAlignment, ...] = get_args(PathAlignment)

CROP_LABELS = {"none": "no crop", "garg": "Garg crop", "eigen": "Eigen crop", "nyu_eigen": "Eigen crop of NYU"}
"""Every crop there is, and how tables call it."""

PROTOCOLS: dict[str, dict[str, Any]] = {
    "custom": {},
    "eigen": {"min_depth": 1e-3, "max_depth": 80.0, "crop": "garg", "limit_truth": True},
    "eigen_benchmark": {"min_depth": 1e-3, "max_depth": 80.0, "crop": "none", "limit_truth": False},
    "nyu": {"min_depth": 1e-3, "max_depth": 10.0, "crop": "none", "limit_truth": True},
    "nyu_eigen_crop": {"min_depth": 1e-3, "max_depth": 10.0, "crop": "nyu_eigen", "limit_truth": True},
    "published_png": {"min_depth": 1e-3, "max_depth": 80.0, "crop": "none", "limit_truth": False},
}
"""Name -> what it fixes (docs/methods.md G.4, G.5, G.8)."""

ALIGNMENTS = ("auto", "none", "median", "least_squares", "stereo")
"""Keys of `gradunc.ops.alignment.ALIGNMENTS`, and what the model's output space decides."""
