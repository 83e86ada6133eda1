"""The two sides of `infer.py ood`: images of files or of a data set, read one after another."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from gradunc.assembly import build_data
from gradunc.commands.images import images_of
from gradunc.data.image_files import resize_image
from gradunc.data.inputs import InputImages
from gradunc.data.loading.datamodule import to_float
from gradunc.data.network_input import stretch_warning
from gradunc.data.sets import SETS
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError, did_you_mean, path_hint
from gradunc.types import Size

FEWEST = 2
"""Images of a side below which no figure says anything."""


class Images(NamedTuple):
    """The images of one side."""

    name: str
    total: int | None
    each: Iterator[tuple[str, Tensor | InputError]]
    """Path, and the image (3,h,w) or why it cannot be read."""
    scenes: dict[str, str]
    """Path -> scene of the images that were read, where the data set knows it."""


def find_side(key: str, source: str, every: int = 1, limit: int | None = None) -> InputImages:
    """The images that the option `key` names.

    Raises:
        InputError: there are fewer than two, as far as that is known.
    """
    try:
        found = images_of(source, every, limit)
    except InputError as error:
        if key == "other" and "does not exist" in str(error):
            close = did_you_mean(source, SETS)
            raise InputError(
                f"other='{source}' is neither a data set ({', '.join(SETS)}) nor a folder, glob or film"
                f"{path_hint(Path(source).expanduser()) if '/' in source else close}"
            ) from error
        raise
    if found.endless:
        raise InputError(f"{key}='{source}' is a camera, whose images have no end; give limit=N, the number of images")
    if found.total is not None and found.total < FEWEST:
        raise InputError(f"{key}='{source}' holds {found.total} image; at least {FEWEST} are needed on each side")
    return found


def of_source(source: str, images: InputImages, size: Size) -> Images:
    """The images of a source, resized; the first whose shape is far from that is told."""

    def each() -> Iterator[tuple[str, Tensor | InputError]]:
        said = ""
        for image in images:
            try:
                pixels = image.read()
            except InputError as error:
                yield image.label, error
                continue
            if not said and (said := stretch_warning((pixels.shape[-2], pixels.shape[-1]), size)):
                warnings.warn(f"{said} ('{image.label}')", stacklevel=2)
            yield image.label, resize_image(pixels, size)

    return Images(source, images.total, each(), {})


def of_data_set(settings: DataSettings, name: str, size: Size) -> Images:
    """The test split of a data set; its true depth is not read.

    Raises:
        InputError: it cannot be built, or has fewer than two images.
    """
    module = build_data(replace(settings, name=name), size, test_truth=False)
    module.prepare("test")
    data = module.split("test")
    if len(data) < FEWEST:
        raise InputError(f"the test split of '{name}' holds {len(data)} image; at least {FEWEST} are needed")
    scenes: dict[str, str] = {}
    module.tell()

    def each() -> Iterator[tuple[str, Tensor | InputError]]:
        for index in range(len(data)):
            try:
                sample = to_float(data[index])
                path = str(sample.get("path", index))
                if "scene" in sample:
                    scenes[path] = str(sample["scene"])
                yield path, sample["image"]
            except InputError as error:
                yield str(index), error

    return Images(name, len(data), each(), scenes)
