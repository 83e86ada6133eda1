"""Reference depths: what the network says of a transformed image, brought back to the original one.

A new reference is one class and one line in `REFERENCES`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from gradunc.types import DepthPrediction

_LUMA = (0.2989, 0.587, 0.114)
"""ITU-R 601 weights as torchvision uses them."""


class Reference(NamedTuple):
    """A constant depth to compare with."""

    depth: Tensor
    """(B,1,H,W) in the model's output space, without gradient."""
    valid: Tensor | None = None
    """(B,1,H,W) bool, True = the reference is known here; None = everywhere."""


class ReferenceDepth(Protocol):
    """Makes the reference of a batch of images."""

    def __call__(
        self, predict: Callable[..., DepthPrediction], image: Tensor, inputs: dict[str, Any], *, seed: int
    ) -> Reference:
        """`predict(image, **inputs)` is the network without gradient; `seed` makes random references repeatable."""
        ...


class Flip:
    """Predict the mirrored image and mirror the depth back (published default; docs/methods.md A.3)."""

    def __call__(
        self, predict: Callable[..., DepthPrediction], image: Tensor, inputs: dict[str, Any], *, seed: int
    ) -> Reference:
        """Image (B,3,H,W) -> reference (B,1,H,W). The principal point of given intrinsics is mirrored too."""
        if "intrinsics" in inputs:
            mirrored = inputs["intrinsics"].clone()
            mirrored[..., 0, 2] = image.shape[-1] - 1 - mirrored[..., 0, 2]
            inputs = {**inputs, "intrinsics": mirrored}
        return Reference(predict(image.flip(-1), **inputs).depth.flip(-1))


class Gray:
    """Predict the image without colour (docs/methods.md A.3)."""

    def __call__(
        self, predict: Callable[..., DepthPrediction], image: Tensor, inputs: dict[str, Any], *, seed: int
    ) -> Reference:
        """Image (B,3,H,W) -> reference (B,1,H,W)."""
        luma = torch.tensor(_LUMA, device=image.device, dtype=image.dtype).view(1, 3, 1, 1)
        gray = (image * luma).sum(1, keepdim=True).expand_as(image)
        return Reference(predict(gray, **inputs).depth)


REFERENCES: dict[str, Callable[[], ReferenceDepth]] = {"flip": Flip, "gray": Gray}
