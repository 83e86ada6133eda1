"""Gradient uncertainty of an already trained network (Hornauer & Belagiannis, ECCV 2022; TPAMI 2025).

Predict depth, make a reference depth, take a loss between the two and read its gradient at feature maps: where a
small change of the features would move the loss a lot, the network is not sure. docs/methods.md A.1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from gradunc.errors import InputError, unknown
from gradunc.types import DepthPrediction, UncertaintyEstimate
from gradunc.uncertainty.auxiliary import LOSSES, AuxiliaryLoss, predicted_variance
from gradunc.uncertainty.checks import check_input, check_prediction, slice_inputs, usable
from gradunc.uncertainty.layers import capture, select_layers
from gradunc.uncertainty.maps import LayerMap, to_image, without_padding
from gradunc.uncertainty.reductions import ACROSS_LAYERS, CHANNELS, NORMALIZE, Reduction
from gradunc.uncertainty.references import REFERENCES, ReferenceDepth
from gradunc.uncertainty.session import evaluation

T = TypeVar("T")


class GradientUncertainty:
    """Pixel-wise uncertainty of a trained depth network, from gradients. The network is left exactly as it was.

    The defaults are the published ones. `estimate` may be called in any mode, by several threads, under
    `no_grad` and `inference_mode`; a network in training mode is evaluated in eval mode.

    Args:
        model: returns a `DepthPrediction`; may have `multiple`, the size multiple it pads to.
        layers: names or globs of modules whose output gradient is read.
        reference: name in `REFERENCES`, or an object like those.
        loss: name in `LOSSES`, or a function like those.
        channels: name in `CHANNELS` or a function (b,C,h,w) -> (b,1,h,w).
        across_layers: name in `ACROSS_LAYERS` or a function (L,b,1,H,W) -> (b,1,H,W); for several layers only.
        normalize: "none" or "minmax", per image and layer at the layer's resolution. Default: "none" for one
            layer, "minmax" for several, whose raw gradients have no common unit.
        variance_weight: adds this times the mean predicted variance to the loss (published: 2.0), for networks with
            an uncertainty head.
        seed: handed to references that draw random numbers.
        chunk: images per backward pass; the result does not depend on it.

    Raises:
        InputError: an unknown name, with the nearest one.
    """

    scale: Literal["score"] = "score"
    needs_grad = True

    def __init__(
        self,
        model: nn.Module,
        layers: Sequence[str] = ("decoder.blocks.6.conv",),
        reference: str | ReferenceDepth = "flip",
        loss: str | AuxiliaryLoss = "squared",
        channels: str | Reduction = "max",
        across_layers: str | Reduction = "std",
        *,
        normalize: str | None = None,
        variance_weight: float = 0.0,
        seed: int = 0,
        chunk: int = 1,
    ) -> None:
        self.model = model
        self.layers = select_layers(model, [layers] if isinstance(layers, str) else layers)
        self.reference = _part(reference, {k: v() for k, v in REFERENCES.items()}, "reference")
        self.loss = _part(loss, LOSSES, "loss")
        self.channels = _part(channels, CHANNELS, "channels")
        self.across_layers = _part(across_layers, ACROSS_LAYERS, "across_layers")
        self.normalize = self._normalization(normalize)
        if chunk < 1:
            raise InputError(f"chunk={chunk} must be at least 1 image")
        self.variance_weight, self.seed, self.chunk = float(variance_weight), seed, chunk

    def _normalization(self, name: str | None) -> Reduction:
        several = len(self.layers) > 1
        if several and name == "none":
            raise InputError("normalize='none' needs a single layer; gradients of several layers have no common unit")
        return _part(name or ("minmax" if several else "none"), NORMALIZE, "normalize")

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        """Depth and uncertainty of a batch.

        Args:
            image: (B,3,H,W) float in [0,1], any size; never resized.
            mask: (B,1,H,W) bool, True = pixels that count in the loss (no sky, no bonnet).
            inputs: more arguments of the network; tensors whose first axis is B are cut along with the image.

        Returns:
            All maps (B,1,H,W); `valid` is False where `mask` is, where the reference is unknown and where the
            score is not finite.

        Raises:
            InputError: wrong shapes, a layer that is not reached, runs twice or does not influence the depth,
                weights created in inference mode.
        """
        check_input(image, mask)
        mask = None if mask is None else mask.to(image.device)
        with evaluation(self.model):
            parts = [
                self._estimate_chunk(
                    usable(image[start : start + self.chunk]),
                    None if mask is None else usable(mask[start : start + self.chunk]),
                    slice_inputs(inputs, len(image), start, self.chunk),
                )
                for start in range(0, len(image), self.chunk)
            ]
        return _join(parts)

    def _estimate_chunk(self, image: Tensor, mask: Tensor | None, inputs: dict[str, Any]) -> UncertaintyEstimate:
        reference = self.reference(self.model, image, inputs, seed=self.seed)
        keep = _both(mask, reference.valid)
        with capture(self.model, self.layers) as captured, torch.no_grad():
            prediction: DepthPrediction = self.model(image, **inputs)
        check_prediction(prediction, image)
        with torch.enable_grad():
            loss = self.loss(prediction, reference.depth.detach(), keep)
            if self.variance_weight:
                loss = loss + self.variance_weight * predicted_variance(prediction, keep)
        gradients = _gradients(loss, self.layers, captured)
        maps = {name: self._reduce(gradient, image) for name, gradient in gradients.items()}
        uncertainty = self._combine(maps, image)
        valid = torch.isfinite(uncertainty)
        return UncertaintyEstimate(
            depth=prediction.depth.detach(),
            uncertainty=uncertainty,
            valid=valid if keep is None else valid & keep,
            layers={name: layer.values for name, layer in maps.items()},
            loss=loss.detach(),
        )

    def _reduce(self, gradient: Tensor, image: Tensor) -> LayerMap:
        """Over channels: (b,C,h,w) -> (b,1,h',w') without the cells that hold padding only."""
        multiple = int(getattr(self.model, "multiple", 1))
        layer = without_padding(gradient, (image.shape[-2], image.shape[-1]), multiple)
        return layer._replace(values=self.channels(layer.values.float()))

    def _combine(self, maps: Mapping[str, LayerMap], image: Tensor) -> Tensor:
        """Normalise, resize to the image and combine the layers: (b,1,H,W)."""
        size = (image.shape[-2], image.shape[-1])
        resized = [to_image(layer._replace(values=self.normalize(layer.values)), size) for layer in maps.values()]
        return resized[0] if len(resized) == 1 else self.across_layers(torch.stack(resized))


def _part(value: str | T, choices: Mapping[str, T], kind: str) -> T:
    """An object as it is, a name looked up."""
    if not isinstance(value, str):
        return value
    if value not in choices:
        raise unknown(kind, value, choices)
    return choices[value]


def _both(mask: Tensor | None, valid: Tensor | None) -> Tensor | None:
    if mask is None or valid is None:
        return valid if mask is None else mask
    return mask & valid


def _gradients(loss: Tensor, names: Sequence[str], captured: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Gradient of the summed loss at every captured layer, (b,C,h,w) each."""
    missing = [name for name in names if name not in captured]
    if missing:
        raise InputError(f"layer '{missing[0]}' was never reached by the forward pass (a coarser scale's head?)")
    wanted = [captured[name] for name in names]
    with torch.enable_grad():
        total = loss.sum()
    found = torch.autograd.grad(total, wanted, allow_unused=True) if loss.requires_grad else [None] * len(names)
    for name, gradient in zip(names, found, strict=True):
        if gradient is None:
            raise InputError(f"layer '{name}' does not influence the depth, so it has no gradient")
    return {name: gradient for name, gradient in zip(names, found, strict=True) if gradient is not None}


def _join(parts: Sequence[UncertaintyEstimate]) -> UncertaintyEstimate:
    def cat(read: Callable[[UncertaintyEstimate], Tensor]) -> Tensor:
        return torch.cat([read(part) for part in parts])

    return UncertaintyEstimate(
        depth=cat(lambda part: part.depth),
        uncertainty=cat(lambda part: part.uncertainty),
        valid=cat(lambda part: part.valid),
        layers={name: cat(lambda part, name=name: part.layers[name]) for name in parts[0].layers},
        loss=cat(lambda part: part.loss),
    )
