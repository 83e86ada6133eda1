"""The options of `method=predicted`."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.options import option
from gradunc.uncertainty.settings import EstimatorSettings

PARTS = ("total", "aleatoric", "epistemic")


@dataclass
class PredictedSettings(EstimatorSettings):
    """What the network says of its own uncertainty (method=predicted)."""

    needs: ClassVar[tuple[str, ...]] = ("retraining",)

    method: str = option("predicted", "the estimator")
    part: str = option("total", "total, aleatoric or epistemic; only evidential heads separate the two", choices=PARTS)
