"""What the options of the methods share that learn on a frozen network."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.options import POSITIVE_COUNT, SEED, option, or_null
from gradunc.uncertainty.settings import EstimatorSettings

FIT_SPLITS = ("train", "val")
"""Splits that one may learn from: what was seen in the test split could not be judged there."""


@dataclass
class FittedSettings(EstimatorSettings):
    """Options of every method that learns on a frozen network."""

    needs: ClassVar[tuple[str, ...]] = ("fitting",)

    fit: str = option(
        "val", "split that it learns from: val, or train, where the network's errors are smaller", choices=FIT_SPLITS
    )
    fit_images: int | None = option(
        200, "images of the split that it learns from, evenly spread; null = all", rule=or_null(POSITIVE_COUNT)
    )
    seed: int = option(0, "of what is drawn while it learns", rule=SEED)
