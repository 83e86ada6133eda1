"""Errors of depth and of uncertainty: pure functions per image, and torchmetrics that average them."""

from gradunc.metrics.at_truth import at_truth, resize_estimate, score_at_truth
from gradunc.metrics.ause import AREAS, Sparsification, SparsificationCurves
from gradunc.metrics.depth import DepthErrors
from gradunc.metrics.detection import DETECTION, detection, detection_intervals
from gradunc.metrics.functional import PixelErrors, SparsificationResult, depth_errors, sparsification
from gradunc.metrics.image_means import ImageMeans, ImageRows
from gradunc.metrics.intervals import Resampling
from gradunc.metrics.protocol import PROTOCOLS, EvaluationProtocol, Selection, crop_mask
from gradunc.metrics.ranking import Compared, RankedBatch, RankedImage

__all__ = [
    "AREAS",
    "DETECTION",
    "PROTOCOLS",
    "Compared",
    "DepthErrors",
    "EvaluationProtocol",
    "ImageMeans",
    "ImageRows",
    "PixelErrors",
    "RankedBatch",
    "RankedImage",
    "Resampling",
    "Selection",
    "Sparsification",
    "SparsificationCurves",
    "SparsificationResult",
    "at_truth",
    "crop_mask",
    "depth_errors",
    "detection",
    "detection_intervals",
    "resize_estimate",
    "score_at_truth",
    "sparsification",
]
