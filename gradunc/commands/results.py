"""The files that infer.py leaves for every image, and what tells which settings made them."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from torch import Tensor

from gradunc.config import InferConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.visualization import depth_tile, image_tile, panel, uncertainty_tile

DEPTH, PANEL = ".depth.npy", ".panel.png"
SETTINGS = ".settings.json"
"""In `output`, older than every result that was made with them: what `skip_existing` may keep."""


class Maps(NamedTuple):
    """What the network says of one image, at the image's size; unknown pixels NaN."""

    depth: np.ndarray
    """(H,W) float32 in the model's output space."""
    uncertainty: dict[str, np.ndarray]
    """Estimator -> (H,W) float32, high = worse."""


def is_panel(path: Path) -> bool:
    """Whether an image is a panel of ours: `output` may lie inside `source`."""
    name = path.name.removesuffix(PANEL)
    return name != path.name and path.with_name(name + DEPTH).exists()


def settings_of(config: InferConfig, model: DepthModel, size: tuple[int, int] | None) -> dict[str, Any]:
    """All that decides what the maps of an image are."""
    assert config.checkpoint is not None, "checked by the command"
    # The chunk does not change the result.
    estimators = {name: asdict(settings) | {"chunk": None} for name, settings in config.uncertainty.items()}
    return {
        "checkpoint": str(Path(config.checkpoint).expanduser().resolve()),
        "size": "native" if size is None else list(size),
        "head": model.description().get("head"),
        "uncertainty": estimators,
    }


def start_of_results(output: Path, settings: dict[str, Any]) -> int | None:
    """Since when [ns] `output` has been filled with these settings; None if nobody knows.

    Raises:
        InputError: it has been filled with others.
    """
    file = output / SETTINGS
    try:
        stored = json.loads(file.read_text())
        start = file.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    if not isinstance(stored, dict) or stored == settings:
        return start if stored == settings else None
    changes = ", ".join(_changes(stored, settings))
    raise InputError(
        f"skip_existing=true, but the results in output='{output}' were made with {changes}; "
        "set output=DIR, or skip_existing=false to replace them"
    )


def _changes(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """What differs, in its old state; of mappings with other names only the names."""
    changes: list[str] = []
    for key in before.keys() | now.keys():
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
            changes += _changes(old, new, f"{prefix}{key}.")
        elif old != new:
            changes.append(f"{prefix}{key}={(','.join(old) or 'none') if isinstance(old, dict) else old}")
    return sorted(changes)


def is_newer(file: Path, start: int) -> bool:
    """Whether a result was written since; an older one was left by a run with other settings."""
    try:
        return file.stat().st_mtime_ns >= start
    except OSError:
        return False


def write_maps(output: Path, name: str, image: Tensor, maps: Maps, model: DepthModel) -> None:
    """Write the files of one image under temporary names, then put them in place together."""
    space = model.output_space
    tiles = [image_tile(image.numpy()), depth_tile(maps.depth, unit=space.unit, quantity=space.quantity)]
    for estimator, values in maps.uncertainty.items():
        title = "uncertainty" if len(maps.uncertainty) == 1 else f"uncertainty: {estimator}"
        tiles.append(uncertainty_tile(values, title=title))
    *arrays, picture = result_files(output, name, maps.uncertainty)
    partial = {final: final.with_name(f".{final.name}.tmp") for final in (*arrays, picture)}
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        for final, values in zip(arrays, (maps.depth, *maps.uncertainty.values()), strict=True):
            with partial[final].open("wb") as file:
                np.save(file, values)
        Image.fromarray(panel(tiles)).save(partial[picture], format="PNG")
        for final, temporary in partial.items():
            os.replace(temporary, final)
    except OSError as error:
        raise _cannot_write(picture.parent, error) from error
    finally:
        for temporary in partial.values():
            with suppress(OSError):
                temporary.unlink()


def _cannot_write(folder: Path, error: OSError) -> InputError:
    return InputError(f"cannot write to '{folder}': {error.strerror or error}; set output=DIR")


def result_files(output: Path, name: str, estimators: Iterable[str]) -> list[Path]:
    """Depth, every uncertainty, and last the panel of an image."""
    names = list(estimators)
    suffixes = [".uncertainty.npy"] if len(names) == 1 else [f".uncertainty-{name}.npy" for name in names]
    return [output / f"{name}{suffix}" for suffix in (DEPTH, *suffixes, PANEL)]


def write_summary(
    output: Path,
    config: InferConfig,
    model: DepthModel,
    size: tuple[int, int] | None,
    written: list[str],
    failed: list[dict[str, str]],
) -> None:
    """Write `summary.json`: model, output space, unit, polarity, settings, images and failures."""
    space = model.output_space
    summary: dict[str, Any] = {
        "model": {"checkpoint": config.checkpoint, **model.description()},
        "output_space": asdict(space),
        "unit": space.unit,
        "polarity": "uncertainty: higher = worse",
        "settings": {
            "size": "native" if size is None else list(size),
            "uncertainty": {name: asdict(settings) for name, settings in config.uncertainty.items()},
        },
        "images": written,
        "failed": failed,
    }
    write_json(output / "summary.json", summary)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a whole file or none."""
    partial = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(content, indent=2) + "\n")
        os.replace(partial, path)
    except OSError as error:
        raise _cannot_write(path.parent, error) from error
