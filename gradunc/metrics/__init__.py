"""Errors of depth and of uncertainty: pure functions per image, and torchmetrics that average them."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.metrics.at_truth import resize_estimate, score_at_truth
    from gradunc.metrics.ause import AREAS, Sparsification, SparsificationCurves
    from gradunc.metrics.binned import BinErrors, BinnedErrors
    from gradunc.metrics.calibrated import CALIBRATION, Calibration
    from gradunc.metrics.choices import PROTOCOLS
    from gradunc.metrics.correlation import CORRELATIONS, RankCorrelation, spearman
    from gradunc.metrics.depth import DepthErrors
    from gradunc.metrics.detection import DETECTION, detection_intervals
    from gradunc.metrics.functional import PixelErrors, SparsificationResult, depth_errors, sparsification
    from gradunc.metrics.image_means import ImageMeans, ImageRows
    from gradunc.metrics.intervals import Resampling
    from gradunc.metrics.protocol import EvaluationProtocol, Selection, crop_mask
    from gradunc.metrics.ranked_batch import RankedBatch
    from gradunc.metrics.ranking import Compared, RankedImage

__all__ = [
    "AREAS",
    "CALIBRATION",
    "CORRELATIONS",
    "DETECTION",
    "PROTOCOLS",
    "BinErrors",
    "BinnedErrors",
    "Calibration",
    "Compared",
    "DepthErrors",
    "EvaluationProtocol",
    "ImageMeans",
    "ImageRows",
    "PixelErrors",
    "RankCorrelation",
    "RankedBatch",
    "RankedImage",
    "Resampling",
    "Selection",
    "Sparsification",
    "SparsificationCurves",
    "SparsificationResult",
    "crop_mask",
    "depth_errors",
    "detection_intervals",
    "resize_estimate",
    "score_at_truth",
    "sparsification",
    "spearman",
]

_WHERE = {
    "AREAS": "ause",
    "BinErrors": "binned",
    "BinnedErrors": "binned",
    "CALIBRATION": "calibrated",
    "CORRELATIONS": "correlation",
    "Calibration": "calibrated",
    "Compared": "ranking",
    "DETECTION": "detection",
    "DepthErrors": "depth",
    "EvaluationProtocol": "protocol",
    "ImageMeans": "image_means",
    "ImageRows": "image_means",
    "PROTOCOLS": "choices",
    "PixelErrors": "functional",
    "RankCorrelation": "correlation",
    "RankedBatch": "ranked_batch",
    "RankedImage": "ranking",
    "Resampling": "intervals",
    "Selection": "protocol",
    "Sparsification": "ause",
    "SparsificationCurves": "ause",
    "SparsificationResult": "functional",
    "crop_mask": "protocol",
    "depth_errors": "functional",
    "detection_intervals": "detection",
    "resize_estimate": "at_truth",
    "score_at_truth": "at_truth",
    "sparsification": "functional",
    "spearman": "correlation",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)
