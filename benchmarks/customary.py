"""The customary training pipeline of self-supervised depth, written down from its published description.

Every view is decoded by Pillow, resized to four scales, each from the one before by LANCZOS, and at every scale kept
once as it is and once with jittered colours; half of the samples are mirrored, half are jittered, with one set of
parameters for all images of a sample (Godard et al., ICCV 2019, section 4 and docs/methods.md F.3).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import ColorJitter
from torchvision.transforms import functional as vision

SCALES = 4
RANGES = ((0.8, 1.2), (0.8, 1.2), (0.8, 1.2), (-0.1, 0.1))
"""Factors of brightness, contrast and saturation, turn of the hue."""

OPERATIONS: Sequence[Callable[..., Any]] = (
    vision.adjust_brightness,
    vision.adjust_contrast,
    vision.adjust_saturation,
    vision.adjust_hue,
)


class Jitter:
    """One set of parameters, drawn by torchvision from torch's random numbers."""

    def __init__(self) -> None:
        order, *factors = ColorJitter.get_params(*map(list, RANGES))
        self.order: list[int] = order.tolist()
        self.factors: list[float] = [float(factor) for factor in factors if factor is not None]

    def __call__(self, image: Image.Image) -> Image.Image:
        """The four operations in their order."""
        for number in self.order:
            image = OPERATIONS[number](image, self.factors[number])
        return image


def pyramid(image: Image.Image, size: tuple[int, int]) -> list[Image.Image]:
    """Four scales of (h,w), each resized from the one before."""
    levels = []
    for scale in range(SCALES):
        image = image.resize((size[1] >> scale, size[0] >> scale), Image.Resampling.LANCZOS)
        levels.append(image)
    return levels


def load(paths: Sequence[Path], size: tuple[int, int], *, mirrored: bool, jittered: bool) -> dict[str, Tensor]:
    """All views of a sample at all scales: "plain VIEW SCALE" and "jittered VIEW SCALE", (3,h,w) in [0,1]."""
    jitter = Jitter() if jittered else None
    sample = {}
    for view, path in enumerate(paths):
        with Image.open(path) as file:
            image = file.convert("RGB")
        if mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        for scale, level in enumerate(pyramid(image, size)):
            sample[f"plain {view} {scale}"] = vision.to_tensor(level)
            sample[f"jittered {view} {scale}"] = vision.to_tensor(level if jitter is None else jitter(level))
    return sample


def draw() -> tuple[bool, bool]:
    """Whether a sample is mirrored, and whether it is jittered."""
    mirrored, jittered = (torch.rand(2) < 0.5).tolist()
    return mirrored, jittered
