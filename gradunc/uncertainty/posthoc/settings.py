"""The options of the methods that compare forward passes."""

from dataclasses import dataclass
from typing import Any, ClassVar

from gradunc.options import OPEN_SHARE, POSITIVE, SEED, Rule, option
from gradunc.types import QUANTITIES
from gradunc.uncertainty.gradient.settings import REFERENCE
from gradunc.uncertainty.settings import EstimatorSettings

PUBLISHED: tuple[str | dict[str, Any], ...] = ("flip", "gray", {"noise": {"std": 0.01}}, {"rotate": {"degrees": 10}})
"""Augmentations (Hornauer & Belagiannis, ECCV 2022): together with the image as it is, five forward passes."""

SEVERAL = Rule(lambda value: value >= 2, "must be at least 2: one answer has no spread")


@dataclass
class PassSettings(EstimatorSettings):
    """Options of every method that compares forward passes."""

    space: str = option("disparity", "quantity that is compared: depth, disparity or log_depth", choices=QUANTITIES)


@dataclass
class FlipDifferenceSettings(PassSettings):
    """Difference to the prediction of the mirrored image (method=flip_difference)."""

    method: str = option("flip_difference", "the estimator")
    blend: bool = option(False, "depth is the published mean of both, which keeps one of them at each border")


@dataclass
class AugmentationSettings(PassSettings):
    """Spread over augmented images (method=augmentation_spread); the defaults are the published ones."""

    method: str = option("augmentation_spread", "the estimator")
    references: list[str | dict[str, Any]] = option(
        list(PUBLISHED),
        "what is done to the image or to features, names and parameters as of uncertainty.NAME.reference",
        rule=REFERENCE,
    )
    seed: int = option(0, "of references that draw random numbers", rule=SEED)


@dataclass
class PerturbedSettings(PassSettings):
    """Options of the methods that disturb features."""

    needs: ClassVar[tuple[str, ...]] = ("samples",)

    layers: str | list[str] | None = option(
        None, "modules whose output is disturbed: names, globs, auto or coarse; null = all blocks of the decoder"
    )
    samples: int = option(8, "disturbed passes", rule=SEVERAL)
    seed: int = option(0, "of the random numbers", rule=SEED)


@dataclass
class DropoutSettings(PerturbedSettings):
    """Spread over passes with dropout in a network trained without (method=inference_dropout)."""

    method: str = option("inference_dropout", "the estimator")
    p: float = option(0.2, "share of channels that are set to 0", rule=OPEN_SHARE)


@dataclass
class FeatureNoiseSettings(PerturbedSettings):
    """Spread over passes with Gaussian noise on features (method=feature_noise)."""

    method: str = option("feature_noise", "the estimator")
    strength: float = option(0.1, "standard deviation of the noise over that of the map", rule=POSITIVE)
