"""The options of BayesCap."""

from dataclasses import dataclass

from gradunc.options import COUNT, POSITIVE, POSITIVE_COUNT, WEIGHT, Rule, option
from gradunc.types import QUANTITIES
from gradunc.uncertainty.fitted.settings import FittedSettings

LIKELIHOODS = ("paper", "released")

ODD = Rule(lambda value: value >= 1 and value % 2 == 1, "must be odd and at least 1")
CROP = Rule(lambda value: value >= 8, "must be at least 8 pixels")


@dataclass
class BayesCapSettings(FittedSettings):
    """A generalised Gaussian for every pixel of a frozen answer (method=bayescap)."""

    method: str = option("bayescap", "the estimator")
    space: str = option(
        "disparity", "quantity of the standard deviation: depth, disparity or log_depth", choices=QUANTITIES
    )
    likelihood: str = option(
        "paper",
        "paper, or released: the loss of the published program, a product in place of a power",
        choices=LIKELIHOODS,
    )
    identity_weight: float = option(1.0, "weight of the term that holds its depth to the network's", rule=WEIGHT)
    nll_weight: float = option(0.05, "weight of the likelihood", rule=POSITIVE)
    alpha_eps: float = option(1e-5, "least value of 1/alpha", rule=POSITIVE)
    beta_eps: float = option(1e-2, "what is added to beta, which never counts as less than 0.1", rule=POSITIVE)
    blocks: int = option(2, "residual blocks; published: 16", rule=COUNT)
    width: int = option(16, "channels; published: 64", rule=POSITIVE_COUNT)
    kernel: int = option(3, "side of the first and last convolutions; published: 9", rule=ODD)
    batch_norm: bool = option(False, "normalise over the batch, as published; needs large batches")
    steps: int = option(600, "steps of Adam", rule=POSITIVE_COUNT)
    batch: int = option(4, "crops in a step", rule=POSITIVE_COUNT)
    crop: int = option(96, "side of a crop, or less where the image is smaller [px]", rule=CROP)
    lr: float = option(3e-3, "step size of Adam, which falls to 0 as a cosine", rule=POSITIVE)
