"""Errors of depth and of uncertainty: pure functions per image, and torchmetrics that average them."""

from gradunc.metrics.ause import Sparsification, SparsificationCurves
from gradunc.metrics.depth import DepthErrors
from gradunc.metrics.functional import SparsificationResult, depth_errors, sparsification
from gradunc.metrics.protocol import EvaluationProtocol, Selection, crop_mask

__all__ = [
    "DepthErrors",
    "EvaluationProtocol",
    "Selection",
    "Sparsification",
    "SparsificationCurves",
    "SparsificationResult",
    "crop_mask",
    "depth_errors",
    "sparsification",
]
