"""Images are prepared as the image processors of transformers do it: pixel for pixel."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import (
    DepthProImageProcessor,
    DPTImageProcessor,
    GLPNImageProcessor,
    PromptDepthAnythingImageProcessor,
    ZoeDepthImageProcessor,
)

from gradunc import InputError
from gradunc.models.adapters.huggingface.processor import Preparation, from_processor, saved_preparation
from gradunc.models.adapters.preparation import ImagePreparation
from tests.helpers import picture, random_images

HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
FIT = {"keep_aspect_ratio": True, "ensure_multiple_of": 14}


class Case(NamedTuple):
    """An image processor, and how far from its own values ours may be, in gray levels."""

    processor: Any
    levels: float = 1e-3


CASES = {
    "depth_anything": Case(DPTImageProcessor(size={"height": 112, "width": 112}, **FIT)),
    "dpt": Case(DPTImageProcessor(size={"height": 64, "width": 96}, resample=2)),
    "near_its_own_size": Case(GLPNImageProcessor(size_divisor=32)),
    "prompt": Case(PromptDepthAnythingImageProcessor(size={"height": 70, "width": 70}, **FIT)),
    "depth_pro": Case(DepthProImageProcessor(size={"height": 64, "width": 64})),
    "zoedepth": Case(
        ZoeDepthImageProcessor(size={"height": 64, "width": 96}, ensure_multiple_of=32, do_pad=False), levels=0.02
    ),
}
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
SHAPES = [(90, 120), (120, 90), (65, 257), (40, 50), (300, 310)]


def by_library(processor: Any, pixels: np.ndarray) -> Tensor:
    """(1,3,h,w), before the normalisation."""
    made = processor(images=pixels, return_tensors="pt")["pixel_values"]
    content = processor.to_dict()
    if not content.get("do_normalize"):
        return made
    mean, std = (torch.tensor(content[f"image_{one}"]).view(1, 3, 1, 1) for one in ("mean", "std"))
    return made * std + mean


@each
@pytest.mark.parametrize("shape", SHAPES)
def test_photos_are_what_the_library_makes_of_them(case: Case, shape: tuple[int, int]) -> None:
    told = from_processor(case.processor.to_dict())
    assert told.resize is not None
    pixels = picture(*shape)
    image = torch.from_numpy(pixels).movedim(-1, 0)[None].float() / 255
    expected = by_library(case.processor, pixels)
    assert told.resize.size_for(shape) == tuple(expected.shape[-2:])
    torch.testing.assert_close(told.resize.prepared(image), expected, rtol=0, atol=case.levels / 255)


@each
def test_what_is_no_photo_is_filtered_alike(case: Case) -> None:
    """Without the rounding that 8 bits need: where nothing is near black or white, at most two levels away."""
    told = from_processor(case.processor.to_dict()).resize
    assert told is not None
    levels = torch.linspace(60, 190, 120).expand(1, 3, 90, 120).round() + 5 * (torch.arange(90) % 2)[:, None]
    photo, other = levels / 255, (levels + 0.1) / 255
    assert (told.prepared(photo) - told.prepared(other)).abs().max() < 2 / 255


def test_an_image_of_the_right_size_is_itself() -> None:
    image = random_images(1, 64, 96)
    assert ImagePreparation(64, 96, filter="bicubic").prepared(image) is image


def test_files_of_earlier_versions(tmp_path: Path) -> None:
    """One number for both sides, and no filter: that of the program that has read such files."""
    content = {"feature_extractor_type": "DPTFeatureExtractor", "size": 384, "do_resize": True, **HALF}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(content))
    told = saved_preparation(tmp_path)
    assert told == Preparation((0.5,) * 3, (0.5,) * 3, ImagePreparation(384, 384, filter="bicubic"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"height": 0, "width": 3}, "cannot be prepared at 0x3"),
        ({"height": 3}, "cannot be prepared at 3xNone"),
        ({"multiple": -1}, "in multiples of -1"),
        ({"height": 10**6, "width": 1}, "cannot be prepared at 1000000x1"),
        ({"filter": "lanczos"}, "unknown filter 'lanczos'"),
    ],
)
def test_what_no_image_can_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ImagePreparation(**changes)


def test_words() -> None:
    assert str(ImagePreparation(518, 518, True, 14, "bicubic")) == (
        "518x518, in the image's shape, multiples of 14, bicubic"
    )
    assert str(ImagePreparation(multiple=32)) == "near the image's own, multiples of 32, bilinear"
