"""The options of gradient uncertainty."""

from dataclasses import dataclass
from typing import Any

from gradunc.errors import did_you_mean
from gradunc.options import POSITIVE_COUNT, Rule, option
from gradunc.uncertainty.settings import EstimatorSettings

LOSSES = (
    "squared",
    "squared_disparity",
    "squared_log",
    "l1",
    "huber",
    "ssim",
    "variance",
    "sensitivity",
    "sensitivity_depth",
)
"""Keys of the table in `losses.py`; here, as the names below, because a configuration is checked without torch."""

CHANNELS = ("max", "absmax", "mean", "sum", "norm")
ACROSS_LAYERS = ("std", "max", "mean", "geometric", "weighted")
NORMALIZE = ("none", "minmax", "mean")
"""Keys of the tables in `reductions.py`."""

REFERENCE_CHECKS = ("warn", "fallback", "off")
"""What is done about a mirrored prediction that disagrees with the plain one as a whole."""

OUTPUTS = ("full", "coarse")
"""What is differentiated and compared."""

REFERENCES = (
    *("flip", "gray", "noise", "rotate", "brightness", "shift", "rescale"),
    *("feature_flip", "feature_noise", "feature_dropout", "feature_scale", "scale", "given"),
)
"""Keys of the registry in `references/`; what stands here too is what a test demands."""


def _unknown_reference(value: Any) -> str | None:
    """The first name of a reference, or of a list of them, that is none; whoever makes them knows the rest."""
    names = [
        name
        for one in (value if isinstance(value, list) else [value])
        for name in ([one] if isinstance(one, str) else one)
    ]
    return next((name for name in names if name not in (*REFERENCES, "none")), None)


REFERENCE = Rule(
    lambda value: _unknown_reference(value) is None,
    lambda value: (
        f"must be of {', '.join(REFERENCES)}, none{did_you_mean(_unknown_reference(value) or '', REFERENCES)}"
    ),
    whole=True,
)


@dataclass
class GradientSettings(EstimatorSettings):
    """Gradient of an auxiliary loss (method=gradient); the defaults are the published ones."""

    layers: str | int | list[str | int] | None = option(
        None,
        "layers whose gradient is read: names, globs, indices, auto or coarse; null = auto, the "
        "published position, 1/4 of the resolution; decoder.blocks.6.conv in the published network",
    )
    reference: str | dict[str, Any] | list[str | dict[str, Any]] = option(
        "flip",
        "flip, gray, noise, rotate, brightness, shift, rescale, feature_flip, feature_noise, feature_dropout, "
        "feature_scale, scale (with output=coarse), given (the true depth), none; a list of these; with parameters "
        "{rotate: {degrees: 5}}",
        rule=REFERENCE,
    )
    loss: str = option(
        "squared",
        "squared, squared_disparity, squared_log, l1, huber, ssim, variance, sensitivity (relative errors) or "
        "sensitivity_depth (errors in metres)",
        choices=LOSSES,
    )
    output: str = option(
        "full",
        "what is differentiated and compared: full, or coarse, the depth at 1/4 of the resolution, by the network's "
        "own head there or, in a network without one, averaged",
        choices=OUTPUTS,
    )
    channels: str = option("max", "over channels: max, absmax, mean, sum, norm", choices=CHANNELS)
    across_layers: str = option(
        "std", "over several layers: std, max, mean, geometric, weighted", choices=ACROSS_LAYERS
    )
    normalize: str | None = option(
        None, "none, minmax or mean; null = none for one layer, minmax for several", choices=NORMALIZE
    )
    layer_weights: list[float] | None = option(None, "of across_layers=weighted; null = by resolution")
    variance_weight: float = option(0.0, "weight of the predicted variance in the loss")
    depth_power: float = option(0.0, "the score is multiplied by this power of the predicted depth")
    seed: int = option(0, "of references that draw random numbers")
    reference_check: str = option(
        "warn",
        "where the mirrored prediction of reference=flip disagrees with the plain one as a whole: warn (if half of at "
        "least 8 images do), fallback (none instead, or feature_flip where the loss needs one, by image) or off",
        choices=REFERENCE_CHECKS,
    )
    chunk: int = option(1, "images per backward pass", rule=POSITIVE_COUNT)


RECOMMENDED: dict[str, Any] = {
    "layers": "coarse",
    "output": "coarse",
    "reference": ["flip", "scale"],
    "loss": "sensitivity",
    "channels": "norm",
    "across_layers": "geometric",
    "normalize": "mean",
    "depth_power": 0.25,
}
"""Settings of `GradientUncertainty.recommended`, and of configs/uncertainty/gradient.yaml: ranks relative errors."""

FAST: dict[str, Any] = {**RECOMMENDED, "reference": ["feature_flip", "scale"]}
"""Settings of `GradientUncertainty.fast`, and of configs/uncertainty/gradient_fast.yaml."""

ABSOLUTE: dict[str, Any] = {**RECOMMENDED, "loss": "sensitivity_depth", "depth_power": 0.0}
"""Settings of `GradientUncertainty.absolute`, and of configs/uncertainty/gradient_absolute.yaml: ranks errors in
metres."""
