"""The options of the error head."""

from dataclasses import dataclass

from gradunc.options import POSITIVE, POSITIVE_COUNT, WEIGHT, option
from gradunc.types import QUANTITIES, STEREO, FrameIds
from gradunc.uncertainty.fitted.settings import FittedSettings

OUTPUTS = ("log_error", "evidential")
TARGETS = ("truth", "photometric")


@dataclass
class ErrorHeadSettings(FittedSettings):
    """A linear head on frozen features says the size of the error (method=error_head)."""

    method: str = option("error_head", "the estimator")
    layers: str | list[str] | None = option(
        None,
        "modules whose output it reads: names, globs, auto or coarse; null = coarse",
    )
    space: str = option("disparity", "quantity of the error: depth, disparity or log_depth", choices=QUANTITIES)
    output: str = option("log_error", "log_error, or evidential: an aleatoric and an epistemic part", choices=OUTPUTS)
    target: str = option(
        "truth",
        "truth, or photometric: reprojection error of the other camera, without true depth",
        choices=TARGETS,
    )
    pixels: int = option(1024, "pixels of an image that it learns from, at most", rule=POSITIVE_COUNT)
    ridge: float = option(1e-3, "ridge of log_error, features and errors in standard deviations", rule=WEIGHT)
    regularizer: float = option(0.2, "weight of the regulariser of evidential", rule=WEIGHT)
    steps: int = option(500, "steps of Adam of evidential", rule=POSITIVE_COUNT)
    lr: float = option(1e-2, "step size of Adam of evidential, which falls to 0 as a cosine", rule=POSITIVE)

    @property
    def frames(self) -> FrameIds:
        """See `EstimatorSettings`."""
        return (STEREO,) if self.target == "photometric" else ()
