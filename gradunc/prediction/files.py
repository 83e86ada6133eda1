"""The files that a predicted image becomes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from gradunc import visualization
from gradunc.data.inputs.files import DEPTH, PANEL
from gradunc.errors import InputError, unwritable
from gradunc.files import replacing, write_json
from gradunc.prediction.maps import Maps
from gradunc.prediction.network import InputSize, said_size
from gradunc.types import OutputSpace

SUMMARY = "summary.json"
RECORD = "gradunc"
"""The text chunk of a panel that says what the results of its image were made from. The panel is the last file of an
image that is put in place and the first that is removed, so that it stands for all of them."""
RECORD_FILE = ".made.json"
"""Ending of the file that says this where no panels are drawn; as long as that of a panel."""


def drawing(name: str, image: Tensor, maps: Maps, space: OutputSpace, reject: float = 0.2) -> Image.Image:
    """The panel of an image: it, its depth, its uncertainty, and what not to trust.

    Args:
        name: of the image, for the head.
        image: (3,H,W) in [0,1].
        maps: of it.
        space: what the numbers of the depth mean.
        reject: share of the most uncertain pixels that are marked as not to be trusted; 0 marks none.

    Raises:
        InputError: another `reject` than at least 0 and below 1.
    """
    if not isinstance(reject, Real) or not 0 <= reject < 1:
        raise InputError(f"reject={reject} must be a share of the pixels, at least 0 and below 1")
    tiles = visualization.prediction_tiles(
        image.numpy(), maps.depth, space.unit, space.quantity, maps.uncertainty, reject
    )
    height, width = maps.depth.shape
    means = [f"{key}: mean score {np.nanmean(values):.4g}" for key, values in maps.uncertainty.items()]
    head = [f"{name}, {width} x {height} pixels", *([", ".join(means)] if means else [])]
    return Image.fromarray(visualization.panel(tiles, head))


def write_maps(files: Sequence[Path], drawn: Image.Image | None, maps: Maps, record: Mapping[str, Any]) -> None:
    """Write the files of one image under temporary names, then put them in place, the panel or record last.

    A link at the name of a result is replaced, and what it points to stays as it is.

    Args:
        files: see `result_files`.
        drawn: the panel, see `drawing`; None where a record stands for it.
        maps: of the image.
        record: what the panel says of them, see `RECORD`.

    Raises:
        InputError: they cannot be written.
    """
    *arrays, last = files
    said = json.dumps(record, sort_keys=True)
    try:
        with replacing(*arrays, last) as (*asides, aside_last):
            for aside, values in zip(asides, (maps.depth, *maps.uncertainty.values()), strict=True):
                with aside.open("wb") as file:
                    np.save(file, values)
            if drawn is None:
                aside_last.write_text(said)
            else:
                text = PngInfo()
                text.add_text(RECORD, said)
                drawn.save(aside_last, format="PNG", pnginfo=text)
            # A call that is killed while it renames leaves nothing that stands for a mixture of old and new maps, and
            # no panel of the maps before beside a record.
            for stale in both_endings(last):
                stale.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(last.parent, error) from error


def both_endings(last: Path) -> list[Path]:
    """The panel and the record of the image of one of them."""
    name = last.name.removesuffix(PANEL).removesuffix(RECORD_FILE)
    return [last.with_name(name + ending) for ending in (PANEL, RECORD_FILE)]


def result_files(output: Path, name: str, estimators: Iterable[str], ending: str = PANEL) -> list[Path]:
    """Depth, every uncertainty, and last the panel of an image, or its record."""
    names = list(estimators)
    suffixes = [".uncertainty.npy"] if len(names) == 1 else [f".uncertainty-{name}.npy" for name in names]
    return [output / f"{name}{suffix}" for suffix in (DEPTH, *suffixes, ending)]


def summary_of(
    said: Mapping[str, Any],
    space: OutputSpace,
    scales: Mapping[str, str],
    size: InputSize,
    uncertainty: Mapping[str, Any],
    mirrored: str = "none",
) -> dict[str, Any]:
    """What all images of a folder share: how their numbers were made and what they mean.

    Args:
        said: of the network.
        space: of its depth.
        scales: estimator -> what its numbers are.
        size: at which the network saw the images.
        uncertainty: estimator -> its settings.
        mirrored: of which predictions the depth is made.
    """
    return {
        "model": dict(said),
        "output_space": asdict(space),
        "unit": space.unit,
        "polarity": "uncertainty: higher = worse",
        "scale": dict(scales),
        "settings": {"size": said_size(size), "mirrored": mirrored, "uncertainty": dict(uncertainty)},
    }


def write_facts(path: Path, content: dict[str, Any]) -> None:
    """Write a whole JSON file or none; a setting may be infinite."""
    try:
        write_json(path, content, allow_nan=True)
    except OSError as error:
        raise unwritable(path.parent, error) from error
