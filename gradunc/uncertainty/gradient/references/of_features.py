"""References from changed feature maps: the encoder runs once (docs/methods.md A.4).

The extension of the method (TPAMI 2025) names feature augmentation; its kinds and constants were not published with
code, so these are ours. All take `layer`, the module whose output is changed in a network that has no encode and
decode; such a reference costs a forward pass of its own.
"""

from dataclasses import dataclass
from functools import partial
from typing import get_args

import torch
from torch import Tensor

from gradunc.errors import InputError, unknown
from gradunc.uncertainty.draws import Draws
from gradunc.uncertainty.gradient.references.base import Levels, Query, Reference, check_types


@dataclass(frozen=True)
class FeatureFlip:
    """Mirror the encoder's maps, decode, mirror the depth back.

    Not the same as mirroring the image: the encoder's kernels are not symmetric.

    Args:
        layer: see the module.
        levels: "all" maps of the encoder, or the "deepest" alone, which a decoder with skip connections then mixes
            with unmirrored ones.
    """

    layer: str | None = None
    levels: Levels = "all"

    def __post_init__(self) -> None:
        check_types(self)
        _check_levels(self.levels)

    def __call__(self, query: Query) -> Reference:
        """See the class."""
        return Reference(query.predict_changed(lambda feature: feature.flip(-1), self.levels, self.layer).flip(-1))


@dataclass(frozen=True)
class FeatureNoise:
    """Add Gaussian noise.

    Args:
        strength: standard deviation as a share of each map's own, over channels and pixels of one image.
        levels: "deepest" or "all" maps of the encoder.
        layer: see the module.
    """

    strength: float = 0.1
    levels: Levels = "deepest"
    layer: str | None = None

    def __post_init__(self) -> None:
        check_types(self)
        _check_levels(self.levels)
        if self.strength <= 0:
            raise InputError(f"feature_noise: strength={self.strength} must be above 0")

    def __call__(self, query: Query) -> Reference:
        """See the class."""
        change = partial(noisy, draws=query.draws, strength=self.strength)
        return Reference(query.predict_changed(change, self.levels, self.layer))


@dataclass(frozen=True)
class FeatureDropout:
    """Set whole channels to zero and scale the others by 1/(1-p).

    Args:
        p: share of channels.
        levels: "deepest" or "all" maps of the encoder.
        layer: see the module.
    """

    p: float = 0.1
    levels: Levels = "deepest"
    layer: str | None = None

    def __post_init__(self) -> None:
        check_types(self)
        _check_levels(self.levels)
        if not 0 < self.p < 1:
            raise InputError(f"feature_dropout: p={self.p} must be between 0 and 1")

    def __call__(self, query: Query) -> Reference:
        """See the class."""
        change = partial(dropped, draws=query.draws, p=self.p)
        return Reference(query.predict_changed(change, self.levels, self.layer))


@dataclass(frozen=True)
class FeatureScale:
    """Multiply every channel's mean, leaving its deviations alone.

    Args:
        factor: on the mean over the pixels of a channel.
        levels: "deepest" or "all" maps of the encoder.
        layer: see the module.
    """

    factor: float = 1.1
    levels: Levels = "deepest"
    layer: str | None = None

    def __post_init__(self) -> None:
        check_types(self)
        _check_levels(self.levels)
        if self.factor == 1:
            raise InputError("feature_scale: factor=1 changes nothing")

    def __call__(self, query: Query) -> Reference:
        """See the class."""

        def change(feature: Tensor) -> Tensor:
            return feature + (self.factor - 1) * feature.mean((-2, -1), keepdim=True)

        return Reference(query.predict_changed(change, self.levels, self.layer))


def noisy(feature: Tensor, draws: Draws, strength: float) -> Tensor:
    """A map (B,C,h,w) plus Gaussian noise of a share of its own standard deviation, over channels and pixels."""
    spread = feature.float().flatten(1).std(1).to(feature.dtype).view(-1, 1, 1, 1)
    return feature + strength * spread * draws.normal(feature)


def dropped(feature: Tensor, draws: Draws, p: float) -> Tensor:
    """A map (B,C,h,w) with a share of its channels set to 0 and the others scaled by 1/(1-p)."""
    keep = draws.uniform(feature[:, :, :1, :1]) >= p
    return torch.where(keep, feature / (1 - p), 0.0)


def _check_levels(levels: str) -> None:
    if levels not in get_args(Levels):
        raise unknown("levels", levels, get_args(Levels))
