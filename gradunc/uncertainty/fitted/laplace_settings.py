"""The options of the last-layer Laplace approximation."""

from dataclasses import dataclass

from gradunc.options import POSITIVE_OR_NULL, option
from gradunc.types import QUANTITIES
from gradunc.uncertainty.fitted.settings import FittedSettings


@dataclass
class LaplaceSettings(FittedSettings):
    """Closed-form Laplace approximation of the last layer (method=last_layer_laplace)."""

    method: str = option("last_layer_laplace", "the estimator")
    space: str = option(
        "depth",
        "quantity whose errors the Gaussian likelihood is of: depth, disparity or log_depth",
        choices=QUANTITIES,
    )
    layer: str = option("auto", "the last convolution, with one output channel; auto = found by itself")
    prior_precision: float | None = option(
        None, "of the weights, lambda; null = the one of the largest evidence", rule=POSITIVE_OR_NULL
    )
