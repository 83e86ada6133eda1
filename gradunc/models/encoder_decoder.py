"""The depth network that the families build: normalise, encode, decode, head."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.models.contract import DepthModel
from gradunc.models.parts.blocks import Logits
from gradunc.models.parts.heads import Head
from gradunc.models.parts.uncertainty import with_own_uncertainty
from gradunc.models.settings import ModelSettings, check_head
from gradunc.ops.checks import check_image, check_range
from gradunc.ops.padding import crop, pad_to_multiple
from gradunc.types import CELL, CoarseDecoding, DepthPrediction

COARSE_LEVEL = 2
"""The level at 1/4 of the resolution, where both families have a head."""


class EncoderDecoder(DepthModel):
    """Image in [0,1] -> `DepthPrediction` of the same size.

    The model never resizes: it repeats the last row and column up to `multiple` and crops again. Callers resize to
    `size` before, and the depth back afterwards with `resize_depth`.

    Args:
        encoder: module with `mean`, `std`, `multiple`; image -> list of maps.
        decoder: (maps, scales) -> `Logits`; its `heads` are the last convolutions, one per scale, finest first.
            Its `auto_layer`, if it has one, is the name of the module in it that `layers=auto` takes.
            With a coarse head, `levels(maps)` gives level i and the map of its head, coarse to fine, and
            `logits(map, i)` the `Logits` there.
        head: logits -> activation -> depth.
        settings: what to build the model again from.
    """

    KIND: ClassVar[str] = "model"

    def __init__(self, encoder: nn.Module, decoder: nn.Module, head: Head, settings: ModelSettings) -> None:
        super().__init__()
        self.encoder, self.decoder, self.head = encoder, decoder, head
        mean, std = (list(getattr(settings, name) or getattr(encoder, name)) for name in ("mean", "std"))
        # Written out, because those of a backbone may change with the version of timm, and defaults with ours.
        head_of_uncertainty = settings.uncertainty_head or "none"
        self.settings = replace(
            settings.with_range(*settings.depth_range),
            mean=mean,
            std=std,
            weights=None,
            uncertainty_head=head_of_uncertainty,
        )
        self.own_uncertainty = self.settings.own_uncertainty
        self.size = (settings.size[0], settings.size[1])
        self.output_space = head.output_space
        self.multiple = int(encoder.multiple)  # pyright: ignore[reportArgumentType]
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    @property
    def preparation(self) -> ImagePreparation | None:
        """How `predict` resizes images, where they keep their shape; None = to `size`."""
        if self.settings.resize == "stretch":
            return None
        inside = self.settings.resize == "inside"
        return ImagePreparation(*self.size, keep_aspect=True, multiple=self.multiple, filter="bicubic", inside=inside)

    @property
    def output_limits(self) -> tuple[float | None, float | None] | None:
        """Smallest and largest output that the head clips to, where it has no gradient; None = nothing is said."""
        return getattr(self.head, "limits", None)

    @property
    def backbone(self) -> nn.Module:
        """The encoder."""
        return self.encoder

    @property
    def auto_layer(self) -> str | None:
        """The layer that `layers=auto` takes, if its decoder names one; None = it is searched."""
        known = getattr(self.decoder, "auto_layer", None)
        return f"decoder.{known}" if isinstance(known, str) else None

    @property
    def scale_heads(self) -> nn.ModuleList:
        """The last convolutions of the decoder, one per scale, finest first."""
        heads = self.decoder.heads
        assert isinstance(heads, nn.ModuleList)
        return heads

    def encode(self, image: Tensor) -> list[Tensor | None]:
        """Feature maps, finest first.

        Args:
            image: (B,3,H,W) float in [0,1], any height and width.

        Raises:
            InputError: an image of another shape or type or, in eval mode, out of range.
        """
        check_image(image)
        if not self.training:
            check_range(image)
        return self.encoder((pad_to_multiple(image, self.multiple) - self.mean) / self.std)

    def decode(self, features: list[Tensor | None], size: tuple[int, int], *, scales: int = 1) -> DepthPrediction:
        """From feature maps to depth of the image's size.

        Args:
            features: what `encode` returned.
            size: height and width of the image [px].
            scales: how many scales to compute, finest first.
        """
        return self._prediction(self.decoder(features, scales), size)

    @property
    def has_coarse_head(self) -> bool:
        """Whether `decode_coarse` works: the decoder can stop at 1/4 of the resolution, and has a head there."""
        return hasattr(self.decoder, "levels") and len(self.scale_heads) > COARSE_LEVEL

    def decode_coarse(self, features: list[Tensor | None], size: tuple[int, int]) -> CoarseDecoding:
        """From feature maps to depth at 1/4 of the resolution, where the decoder stops until it is told to go on.

        Args:
            features: what `encode` returned.
            size: height and width of the image [px].
        """
        decoder, levels = self.decoder, self.decoder.levels(features)  # pyright: ignore[reportCallIssue]
        x = _until(levels, COARSE_LEVEL)
        coarse = (-(-size[0] // CELL), -(-size[1] // CELL))
        prediction = self._prediction(decoder.logits(x, COARSE_LEVEL), coarse)  # pyright: ignore[reportCallIssue]
        return CoarseDecoding(
            prediction,
            lambda: self._prediction(decoder.logits(_until(levels, 0), 0), size),  # pyright: ignore[reportCallIssue]
        )

    def _prediction(self, logits: Logits, size: tuple[int, int]) -> DepthPrediction:
        """Of logits whose finest is of the padded `size`, in what it covers of it."""

        def cropped(maps: Iterable[Tensor]) -> tuple[Tensor, ...]:
            return tuple(crop(m, -(-size[0] // 2**i), -(-size[1] // 2**i)) for i, m in enumerate(maps))

        activations, told = cropped(self.head(x) for x in logits.output), cropped(logits.uncertainty)
        prediction = DepthPrediction(
            self.head.depth(activations[0]), activations, uncertainty_scales=told, extras=logits.extras
        )
        return with_own_uncertainty(prediction, self.own_uncertainty)

    def forward(self, image: Tensor, *, scales: int = 1) -> DepthPrediction:
        """Predict depth.

        Args:
            image: (B,3,H,W) float in [0,1], any height and width.
            scales: how many scales to compute, finest first; training asks for all, inference for one.

        Raises:
            InputError: an image of another shape or type or, in eval mode, out of range.
        """
        return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]), scales=scales)

    def all_scales(self, image: Tensor) -> DepthPrediction:
        """The prediction with the activations of all heads; see `DepthModel`."""
        return self(image, scales=len(self.scale_heads))

    def to_depth(self, activation: Tensor) -> Tensor:
        """An activation, (B,1,h,w) -> depth (B,1,h,w), by the head."""
        return self.head.depth(activation)

    def check_trainable(self, needs: Mapping[str, str]) -> None:
        """Raise `InputError` for a head that lacks what a loss needs."""
        check_head(self.settings, needs)

    def resize_depth(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize a depth map of this model, (B,1,h,w) -> (B,1,*size), in the quantity that may be averaged."""
        return self.head.resize(depth, size)

    def description(self) -> dict[str, Any]:
        """The settings; where a training started from is no part of the network."""
        return {name: value for name, value in asdict(self.settings).items() if name != "weights"}


def _until(levels: Iterator[tuple[int, Tensor]], level: int) -> Tensor:
    """Goes on with a decoder as far as the map of a level."""
    return next(x for i, x in levels if i == level)
