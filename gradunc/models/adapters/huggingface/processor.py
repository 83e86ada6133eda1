"""What the image processor of a network says of its images: normalisation, and how they are resized."""

from collections.abc import Mapping
from math import isclose
from pathlib import Path
from typing import Any, NamedTuple

from gradunc.errors import InputError
from gradunc.models.adapters.preparation import Filter, ImagePreparation
from gradunc.text_files import read_json

PROCESSORS = ("preprocessor_config.json", "processor_config.json")
LARGEST = 2**24
"""Bytes that a description can have."""

FILTERS: dict[int, Filter] = {0: "nearest", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers. Lanczos and others, which torch does not have, become "bilinear"."""
OF_FAMILIES: dict[str, Filter] = {
    "DPT": "bicubic",
    "PromptDepthAnything": "bicubic",
    "ZoeDepth": "bilinear_corners",
    "GLPN": "bilinear",
    "DepthPro": "bilinear_plain",
}
"""Image processor -> its filter, if the file does not say one; and those that resize in a way of their own."""
OWN_WAYS = ("bilinear_plain", "bilinear_corners")
NAME_ENDS = ("ImageProcessor", "FeatureExtractor")


class Preparation(NamedTuple):
    """How the image processor of a network prepares images in [0,1]; None = not said."""

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    resize: ImagePreparation | None = None


def saved_preparation(folder: Path) -> Preparation:
    """What the file of the image processor in a folder says.

    Raises:
        InputError: the file cannot be understood.
    """
    file = next((folder / name for name in PROCESSORS if (folder / name).is_file()), None)
    if file is None:
        return Preparation()
    content = read_json(file, "description", LARGEST)
    content = content.get("image_processor", content) if isinstance(content, dict) else {}
    try:
        return from_processor(content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"'{file}' describes no image processor: {type(error).__name__}: {error}") from error


def from_processor(content: Mapping[str, Any]) -> Preparation:
    """The content of such a file; of what is not there nothing is assumed but the filter of its family."""
    # A processor works on 0 to 255: x -> (factor x - mean) / std. Ours works on 0 to 1, factor * 255 times as large.
    factor = 255 * float(content.get("rescale_factor", 1 / 255)) if content.get("do_rescale", True) else 255.0
    mean, std = (tuple(float(value) for value in content.get(f"image_{one}") or ()) for one in ("mean", "std"))
    if content.get("do_normalize") is False:
        mean, std = (0.0,) * 3, (1.0,) * 3
    if not isclose(factor, 1.0):
        mean, std = tuple(value / factor for value in mean), tuple(value / factor for value in std)
    return Preparation(mean or None, std or None, _resize(content) if content.get("do_resize", True) else None)


def _resize(content: Mapping[str, Any]) -> ImagePreparation | None:
    """The rule of the resize; None for one that only its program knows, such as that of the shortest edge."""
    size, family = content.get("size"), _family(content)
    if size is None and family == "GLPN":
        return ImagePreparation(multiple=int(content.get("size_divisor") or 32), filter=_filter(content, family))
    if isinstance(size, int):
        size = {"height": size, "width": size}
    if not size or "height" not in size or "width" not in size:
        return None
    return ImagePreparation(
        int(size["height"]),
        int(size["width"]),
        bool(content.get("keep_aspect_ratio", family == "ZoeDepth")),
        max(1, int(content.get("ensure_multiple_of") or 1)),
        _filter(content, family),
    )


def _filter(content: Mapping[str, Any], family: str) -> Filter:
    own = OF_FAMILIES.get(family, "bilinear")
    number = content.get("resample")
    return own if number is None or own in OWN_WAYS else FILTERS.get(int(number), "bilinear")


def _family(content: Mapping[str, Any]) -> str:
    """The name of an image processor without its end: "DPT" of DPTImageProcessorFast."""
    name = str(content.get("image_processor_type") or content.get("feature_extractor_type") or "")
    return next((name.split(end)[0] for end in NAME_ENDS if end in name), name)
