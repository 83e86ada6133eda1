"""The options of Monte Carlo dropout."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.options import SEED, option
from gradunc.uncertainty.posthoc.settings import SEVERAL, PassSettings


@dataclass
class MCDropoutSettings(PassSettings):
    """Spread over passes with the dropout that the network was trained with (method=mc_dropout)."""

    needs: ClassVar[tuple[str, ...]] = ("retraining", "samples")

    method: str = option("mc_dropout", "the estimator")
    samples: int = option(8, "passes with dropout", rule=SEVERAL)
    seed: int = option(0, "of the random numbers", rule=SEED)
    mean: bool = option(True, "depth is the mean over the samples, as published; false = that of the plain pass")
