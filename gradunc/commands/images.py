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
    # Panels of an earlier run are images too, and `output` may lie inside `source`.
    paths = [path for path in paths if Path(config.output).resolve() not in path.resolve().parents]
    if not paths:
        raise InputError(f"source='{config.source}' holds only results of output='{config.output}'; set output=DIR")
    size = network_size(config.size, model)
    factories = estimator_factories(config.uncertainty)
    estimators = {name: make(model) for name, make in factories.items()}
    output = Path(config.output)
    written: list[str] = []
    failed: list[dict[str, str]] = []
    console = Console(stderr=True)
    for path in track(paths, "images", console=console, disable=not config.trainer.progress):
        name = path.relative_to(root).as_posix()
        if config.skip_existing and all(file.exists() for file in _files(output, name, estimators)):
            written.append(name)
            continue
        try:
            image = read_image(path)
        except InputError as error:
            failed.append({"image": name, "reason": str(error)})
            console.print(f"skipped: {error}", markup=False, highlight=False, soft_wrap=True)
            continue
        maps = _infer(image, model, estimators, size)
        _write(output, name, image, maps, model)
        written.append(name)
    if not written:
        raise InputError(f"none of {len(paths)} images could be read; the first: {failed[0]['reason']}")
    _write_summary(output, config, model, size, written, failed)
    print(f"{len(written)} images written to {output}, {len(failed)} skipped", file=sys.stderr)
    return 1 if failed else 0


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
    return [output / f"{name}{suffix}" for suffix in (".depth.npy", *suffixes, ".panel.png")]


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
    partial = output / ".summary.json.tmp"
    try:
        partial.write_text(json.dumps(summary, indent=2) + "\n")
        os.replace(partial, output / "summary.json")
    except OSError as error:
        raise _cannot_write(output, error) from error
