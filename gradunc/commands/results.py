"""The files that `infer.py predict` leaves for every image, and the summary beside them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from gradunc.commands.image_maps import Maps
from gradunc.commands.outcome import Outcome
from gradunc.config.verbs.predict import PredictConfig
from gradunc.errors import unwritable
from gradunc.files import replacing, write_json
from gradunc.models import DepthModel
from gradunc.visualization import panel, prediction_tiles

DEPTH, PANEL = ".depth.npy", ".panel.png"
RECORD = "gradunc"
"""The text chunk of a panel that says what the results of its image were made from. The panel is the last file of an
image that is put in place and the first that is removed, so that it stands for all of them."""


def is_panel(path: Path) -> bool:
    """Whether an image is a panel of ours: `output` may lie inside `source`."""
    name = path.name.removesuffix(PANEL)
    return name != path.name and path.with_name(name + DEPTH).exists()


def write_maps(
    name: str,
    files: Sequence[Path],
    image: Tensor,
    maps: Maps,
    model: DepthModel,
    record: Mapping[str, Any],
    reject: float,
) -> None:
    """Write the files of one image under temporary names, then put them in place, the panel last.

    A link at the name of a result is replaced, and what it points to stays as it is.

    Args:
        name: of the image, for the head of its panel.
        files: see `result_files`.
        image: (3,H,W) in [0,1].
        maps: of it.
        model: that predicted them.
        record: what the panel says of them, see `kept_results.RECORD`.
        reject: share of the most uncertain pixels that the panel marks as not to be trusted.

    Raises:
        InputError: they cannot be written.
    """
    space = model.output_space
    tiles = prediction_tiles(image.numpy(), maps.depth, space.unit, space.quantity, maps.uncertainty, reject)
    *arrays, picture = files
    said = PngInfo()
    said.add_text(RECORD, json.dumps(record, sort_keys=True))
    try:
        with replacing(*arrays, picture) as (*asides, drawn):
            for aside, values in zip(asides, (maps.depth, *maps.uncertainty.values()), strict=True):
                with aside.open("wb") as file:
                    np.save(file, values)
            Image.fromarray(panel(tiles, _head(name, maps))).save(drawn, format="PNG", pnginfo=said)
            # A call that is killed while it renames leaves no panel that stands for a mixture of old and new maps.
            picture.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(picture.parent, error) from error


def _head(name: str, maps: Maps) -> list[str]:
    """Name and size of an image, and the mean score of every estimator over the pixels where it is known."""
    height, width = maps.depth.shape
    means = [f"{key}: mean score {np.nanmean(values):.4g}" for key, values in maps.uncertainty.items()]
    return [f"{name}, {width} x {height} pixels", *([", ".join(means)] if means else [])]


def result_files(output: Path, name: str, estimators: Iterable[str]) -> list[Path]:
    """Depth, every uncertainty, and last the panel of an image."""
    names = list(estimators)
    suffixes = [".uncertainty.npy"] if len(names) == 1 else [f".uncertainty-{name}.npy" for name in names]
    return [output / f"{name}{suffix}" for suffix in (DEPTH, *suffixes, PANEL)]


def write_summary(
    output: Path,
    config: PredictConfig,
    model: DepthModel,
    size: tuple[int, int] | None,
    scales: Mapping[str, str],
    outcome: Outcome,
) -> None:
    """Write `summary.json`: model, output space, unit, polarity, scales, settings, images, and what went wrong."""
    space = model.output_space
    summary: dict[str, Any] = {
        "model": {"checkpoint": config.checkpoint, **model.description()},
        "output_space": asdict(space),
        "unit": space.unit,
        "polarity": "uncertainty: higher = worse",
        "scale": dict(scales),
        "settings": {
            "size": "native" if size is None else list(size),
            "uncertainty": {name: asdict(settings) for name, settings in config.uncertainty.items()},
        },
        "images": list(outcome.records),
        "failed": outcome.failed,
        "not_finite": outcome.not_finite(),
    }
    write_facts(output / "summary.json", summary)


def write_facts(path: Path, content: dict[str, Any]) -> None:
    """Write a whole JSON file or none; a setting may be infinite."""
    try:
        write_json(path, content, allow_nan=True)
    except OSError as error:
        raise unwritable(path.parent, error) from error
