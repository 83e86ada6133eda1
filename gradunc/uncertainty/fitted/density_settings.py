"""The options of the density of features."""

from dataclasses import dataclass

from gradunc.options import POSITIVE_COUNT, SHARE, option
from gradunc.uncertainty.fitted.settings import FittedSettings

KINDS = ("gaussian", "neighbours")
"""What `kind` may be."""


@dataclass
class DensitySettings(FittedSettings):
    """How unlike those of the fit split the features of a pixel are (method=feature_density); needs no true depth."""

    method: str = option("feature_density", "the estimator")
    kind: str = option(
        "gaussian", "gaussian (Mahalanobis distance) or neighbours (distance to the k-th nearest)", choices=KINDS
    )
    layer: str = option("auto", "one layer, by name; auto = the deepest one, as layers=coarse begins")
    shrinkage: float = option(0.001, "gaussian: share of the covariance that all directions have alike", rule=SHARE)
    k: int = option(10, "neighbours: which one's distance counts", rule=POSITIVE_COUNT)
    bank: int = option(10_000, "neighbours: features of the fit split that are kept, at random", rule=POSITIVE_COUNT)
