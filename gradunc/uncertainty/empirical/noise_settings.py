"""The options of ensembles over noise."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.options import COUNT, option
from gradunc.uncertainty.posthoc.settings import SEVERAL
from gradunc.uncertainty.settings import EstimatorSettings

REDUCTIONS = ("median", "mean")


@dataclass
class NoiseSettings(EstimatorSettings):
    """Spread over predictions of one network from different noise (method=noise_ensemble)."""

    needs: ClassVar[tuple[str, ...]] = ("samples",)

    method: str = option("noise_ensemble", "the estimator")
    members: int = option(10, "predictions from different noise, the plain one among them", rule=SEVERAL)
    reduction: str = option(
        "median",
        "of the aligned members: median, and uncertainty is their median absolute deviation, as published; or mean, "
        "and uncertainty is their standard deviation",
        choices=REDUCTIONS,
    )
    iterations: int = option(
        2,
        "steps of the optimiser that aligns members whose scale is free, as published; 0 = by their extremes alone, "
        "which no rounding changes",
        rule=COUNT,
    )
    merged: bool = option(True, "depth is the merged one, as published; false = that of the plain pass")
