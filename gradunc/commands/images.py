"""Depth and uncertainty of people's own images, file by file."""

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.progress import track
from torch import Tensor

from gradunc.build import estimator_factories
from gradunc.callbacks.evaluation import resize_estimate
from gradunc.config import InferConfig
from gradunc.data.images import find_images, read_image, resize_image
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.types import UncertaintyEstimator
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


def infer_images(config: InferConfig, model: DepthModel) -> int:
    """Write maps and a panel for every image that `source` names, and a summary; returns the exit code.

    Raises:
        InputError: no image, or none could be written.
    """
    assert config.source is not None, "checked by the command"
    root, paths = find_images(config.source)
    paths = [path for path in paths if not _is_panel(path)]
    if not paths:
        raise InputError(f"source='{config.source}' holds only results of earlier runs; give the images themselves")
    size = network_size(config.size, model)
    factories = estimator_factories(config.uncertainty)
    estimators = {name: make(model) for name, make in factories.items()}
    output = Path(config.output)
    settings = _settings(config, model, size)
    start = _start_of_results(output, settings) if config.skip_existing else None
    settings_written = start is not None
    written: list[str] = []
    failed: list[dict[str, str]] = []
    console = Console(stderr=True)
    for path in track(paths, "images", console=console, disable=not config.trainer.progress):
        name = path.relative_to(root).as_posix()
        if start is not None and all(_is_newer(file, start) for file in _files(output, name, estimators)):
            written.append(name)
            continue
        try:
            image = read_image(path)
        except InputError as error:
            failed.append({"image": name, "reason": str(error)})
            console.print(f"skipped: {error}", markup=False, highlight=False, soft_wrap=True)
            continue
        maps = _infer(image, model, estimators, size)
        if not settings_written:
            _write_json(output / SETTINGS, settings)
            settings_written = True
        _write(output, name, image, maps, model)
        written.append(name)
    if not written:
        raise InputError(f"none of {len(paths)} images could be read; the first: {failed[0]['reason']}")
    _write_summary(output, config, model, size, written, failed)
    print(f"{len(written)} images written to {output}, {len(failed)} skipped", file=sys.stderr)
    return 1 if failed else 0


def _is_panel(path: Path) -> bool:
    """Whether an image is a panel of ours: `output` may lie inside `source`."""
    name = path.name.removesuffix(PANEL)
    return name != path.name and path.with_name(name + DEPTH).exists()


def _settings(config: InferConfig, model: DepthModel, size: tuple[int, int] | None) -> dict[str, Any]:
    """All that decides what the maps of an image are."""
    assert config.checkpoint is not None, "checked by the command"
    # The chunk does not change the result.
    estimators = {name: asdict(settings) | {"chunk": None} for name, settings in config.uncertainty.items()}
    return {
        "checkpoint": str(Path(config.checkpoint).expanduser().resolve()),
        "size": "native" if size is None else list(size),
        "head": model.settings.head,
        "uncertainty": estimators,
    }


def _start_of_results(output: Path, settings: dict[str, Any]) -> int | None:
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


def _is_newer(file: Path, start: int) -> bool:
    """Whether a result was written since; an older one was left by a run with other settings."""
    try:
        return file.stat().st_mtime_ns >= start
    except OSError:
        return False


def network_size(size: str | None, model: DepthModel) -> tuple[int, int] | None:
    """Network input: the model's training size, "HxW", or None for the image's own size ("native").

    Raises:
        InputError: anything else.
    """
    if size is None:
        return model.size
    if size == "native":
        return None
    parts = size.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise InputError(f"size='{size}' must be HxW in pixels, for example {model.size[0]}x{model.size[1]}, or native")
    return int(parts[0]), int(parts[1])


def _infer(
    image: Tensor, model: DepthModel, estimators: dict[str, UncertaintyEstimator], size: tuple[int, int] | None
) -> Maps:
    """Resize, predict and estimate, and resize back: image (3,H,W)."""
    full = (image.shape[-2], image.shape[-1])
    batch = resize_image(image[None], size or full).to(model.mean.device)
    if not estimators:
        with torch.inference_mode():
            depth = model.resize_depth(model(batch).depth, full)
        return Maps(_numpy(depth, depth.isfinite()), {})
    maps: dict[str, np.ndarray] = {}
    depth = torch.empty(0)
    for name, estimator in estimators.items():
        depth, uncertainty, known = resize_estimate(model, estimator.estimate(batch), full)
        maps[name] = _numpy(uncertainty, known)
    return Maps(_numpy(depth, depth.isfinite()), maps)


def _numpy(values: Tensor, known: Tensor) -> np.ndarray:
    return torch.where(known, values.float(), torch.nan)[0, 0].cpu().numpy()


def _write(output: Path, name: str, image: Tensor, maps: Maps, model: DepthModel) -> None:
    """Write the files of one image under temporary names, then put them in place together."""
    space = model.output_space
    tiles = [image_tile(image.numpy()), depth_tile(maps.depth, unit=space.unit, quantity=space.quantity)]
    for estimator, values in maps.uncertainty.items():
        title = "uncertainty" if len(maps.uncertainty) == 1 else f"uncertainty: {estimator}"
        tiles.append(uncertainty_tile(values, title=title))
    *arrays, picture = _files(output, name, maps.uncertainty)
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


def _files(output: Path, name: str, estimators: Iterable[str]) -> list[Path]:
    """Depth, every uncertainty, and last the panel of an image."""
    names = list(estimators)
    suffixes = [".uncertainty.npy"] if len(names) == 1 else [f".uncertainty-{name}.npy" for name in names]
    return [output / f"{name}{suffix}" for suffix in (DEPTH, *suffixes, PANEL)]


def _write_summary(
    output: Path,
    config: InferConfig,
    model: DepthModel,
    size: tuple[int, int] | None,
    written: list[str],
    failed: list[dict[str, str]],
) -> None:
    space = model.output_space
    summary: dict[str, Any] = {
        "model": {"checkpoint": config.checkpoint, **asdict(model.settings)},
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
    _write_json(output / "summary.json", summary)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a whole file or none."""
    partial = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(content, indent=2) + "\n")
        os.replace(partial, path)
    except OSError as error:
        raise _cannot_write(path.parent, error) from error
