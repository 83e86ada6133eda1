"""The options of gradient uncertainty."""

from dataclasses import dataclass
from typing import Any

from gradunc.options import WORD, option
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class GradientSettings(EstimatorSettings):
    """Gradient of an auxiliary loss (method=gradient); the defaults are the published ones."""

    layers: str | int | list[str | int] | None = option(
        None,
        "layers whose gradient is read: names, globs, indices, auto or coarse; null = the published one, "
        "decoder.blocks.6.conv, or auto in a network without it",
    )
    reference: str | dict[str, Any] | list[str | dict[str, Any]] = option(
        "flip",
        "flip, gray, noise, rotate, brightness, shift, rescale, feature_flip, feature_noise, feature_dropout, "
        "feature_scale, given (the true depth), none; a list of these; with parameters {rotate: {degrees: 5}}",
    )
    loss: str = option(
        "squared", "squared, squared_disparity, squared_log, l1, huber, ssim, variance or sensitivity", rule=WORD
    )
    channels: str = option("max", "over channels: max, absmax, mean, sum, norm", rule=WORD)
    across_layers: str = option("std", "over several layers: std, max, mean, weighted", rule=WORD)
    normalize: str | None = option(None, "none, minmax or mean; null = none for one layer, minmax for several")
    layer_weights: list[float] | None = option(None, "of across_layers=weighted; null = by resolution")
    variance_weight: float = option(0.0, "weight of the predicted variance in the loss")
    depth_power: float = option(0.0, "the score is multiplied by this power of the predicted depth")
    seed: int = option(0, "of references that draw random numbers")
    chunk: int = option(1, "images per backward pass")


RECOMMENDED: dict[str, Any] = {
    "layers": "coarse",
    "reference": "flip",
    "loss": "sensitivity",
    "channels": "norm",
    "across_layers": "mean",
    "normalize": "mean",
    "depth_power": 0.5,
}
"""Settings of `GradientUncertainty.recommended`, and of configs/uncertainty/gradient.yaml."""
