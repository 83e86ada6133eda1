"""From the gradients at several layers to one score per pixel (docs/methods.md A.6, A.7)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import OutputSpace
from gradunc.uncertainty.descriptions import described
from gradunc.uncertainty.gradient.anchor import anchor
from gradunc.uncertainty.gradient.losses import EPSILON
from gradunc.uncertainty.gradient.maps import LayerMap, to_image
from gradunc.uncertainty.gradient.parts import part
from gradunc.uncertainty.gradient.reductions import (
    ACROSS_LAYERS,
    CHANNELS,
    NORMALIZE,
    SIGNED,
    Reduction,
    by_mean,
    geometric,
    weighted,
)


class Combination:
    """Reductions over channels and layers; arguments as for `GradientUncertainty`.

    Raises:
        InputError: an unknown name, or settings that contradict each other.
    """

    def __init__(
        self,
        channels: str | Reduction,
        across_layers: str | Reduction,
        normalize: str | Reduction | None,
        layer_weights: Sequence[float] | None,
        depth_power: float,
    ) -> None:
        self.channels = part(channels, CHANNELS, "channels")
        self.across_layers = part(across_layers, ACROSS_LAYERS, "across_layers")
        self._normalize, self.layer_weights = normalize, layer_weights
        self.depth_power = float(depth_power)
        self.normalize(1)
        if not math.isfinite(self.depth_power):
            raise InputError(f"depth_power={self.depth_power} must be a finite number")
        if layer_weights is not None and self.across_layers is not weighted:
            raise InputError("layer_weights needs across_layers='weighted'")

    def check(self, layers: Sequence[str]) -> None:
        """Raise `InputError` for settings that do not fit these layers."""
        if len(layers) > 1 and self.across_layers is geometric:
            self._check_magnitudes(len(layers))
        if len(layers) > 1 and self._normalize == "none":
            raise InputError("normalize='none' needs a single layer; gradients of several layers have no common unit")
        weights = self.layer_weights
        if weights is not None and (len(weights) != len(layers) or min(weights) < 0 or sum(weights) <= 0):
            raise InputError(
                f"layer_weights={list(weights)} must be {len(layers)} numbers >= 0, one for each of: "
                f"{', '.join(layers)}"
            )

    def _check_magnitudes(self, layers: int) -> None:
        signed = next((name for name in SIGNED if self.channels is CHANNELS[name]), None)
        if signed is None and self.normalize(layers) is by_mean:
            return
        found = "normalize='mean' makes them such" if signed is None else f"channels={signed!r} gives signed ones"
        raise InputError(
            f"across_layers='geometric' needs magnitudes of mean 1, channels='norm' and normalize='mean'; {found}"
        )

    def normalize(self, layers: int) -> Reduction:
        """What brings the maps of so many layers to a common range."""
        return part(self._normalize or ("minmax" if layers > 1 else "none"), NORMALIZE, "normalize")

    def description(self, layers: int) -> dict[str, Any]:
        """Plain values that say what is computed for so many layers."""
        return {
            "channels": described(self.channels, CHANNELS),
            "across_layers": described(self.across_layers, ACROSS_LAYERS),
            "normalize": described(self.normalize(layers), NORMALIZE),
            "layer_weights": described(self.layer_weights),
            "depth_power": self.depth_power,
        }

    def combine(self, maps: Mapping[str, LayerMap], size: tuple[int, int]) -> Tensor:
        """Normalise, resize to the image and combine the layers: (b,1,H,W)."""
        normalize = self.normalize(len(maps))
        resized = [to_image(layer._replace(values=normalize(layer.values)), size) for layer in maps.values()]
        if len(resized) == 1:
            return resized[0]
        if self.across_layers is weighted:
            weights = self.layer_weights or [layer.values.shape[-1] / layer.extent[1] for layer in maps.values()]
            return weighted(torch.stack(resized), weights)
        return self.across_layers(torch.stack(resized))

    def by_depth(self, scores: Tensor, depth: Tensor, space: OutputSpace, keep: Tensor | None) -> Tensor:
        """Scores (b,C,H,W) times the predicted depth (b,1,H,W), in the output space, to the power `depth_power`.

        `keep` (b,1,H,W) bool, True = counts; None = everywhere.
        """
        if not self.depth_power:
            return scores
        inverse, zero = space.quantity == "disparity", anchor(depth, space, keep)
        size = depth.float().clamp_min(EPSILON) if zero is None else zero.of(depth.float())
        return scores * size ** (-self.depth_power if inverse else self.depth_power)
