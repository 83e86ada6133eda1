"""Depth and uncertainty of people's own images, file by file."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from gradunc.assembly import build_estimators, decisions, restore
from gradunc.callbacks.evaluation import resize_estimate
from gradunc.commands.results import (
    SETTINGS,
    Maps,
    is_newer,
    is_panel,
    result_files,
    settings_of,
    start_of_results,
    write_json,
    write_maps,
    write_summary,
)
from gradunc.config import InferConfig
from gradunc.data.image_files import find_images, read_image, resize_image
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.interface import awaits_depth
from gradunc.uncertainty.learned import Learned, folder_beside


def infer_images(config: InferConfig, model: DepthModel) -> int:
    """Write maps and a panel for every image that `source` names, and a summary; returns the exit code.

    Raises:
        InputError: no image, or none could be written.
    """
    assert config.source is not None, "checked by the command"
    root, paths = find_images(config.source)
    paths = [path for path in paths if not is_panel(path)]
    if not paths:
        raise InputError(f"source='{config.source}' holds only results of earlier runs; give the images themselves")
    size = network_size(config.size, model)
    estimators = build_estimators(config.uncertainty, model)
    check_references(estimators)
    restore(estimators, Learned(folder_beside(Path(str(config.checkpoint))), config.uncertainty), model)
    output = Path(config.output)
    settings = settings_of(config, model, size)
    start = start_of_results(output, settings) if config.skip_existing else None
    settings_written = start is not None
    written: list[str] = []
    failed: list[dict[str, str]] = []
    console = Console(stderr=True)
    for path in track(paths, "images", console=console, disable=not config.trainer.progress):
        name = path.relative_to(root).as_posix()
        if start is not None and all(is_newer(file, start) for file in result_files(output, name, estimators)):
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
            write_json(output / SETTINGS, settings)
            settings_written = True
        write_maps(output, name, image, maps, model)
        written.append(name)
    if not written:
        raise InputError(f"none of {len(paths)} images could be read; the first: {failed[0]['reason']}")
    write_summary(output, config, model, size, written, failed)
    for line in [
        *decisions(estimators),
        f"{len(written)} images written to {output}, {len(failed)} skipped",
    ]:
        print(line, file=sys.stderr)
    return 1 if failed else 0


def check_references(estimators: Mapping[str, UncertaintyEstimator]) -> None:
    """Raise `InputError` for an estimator that compares with the truth, which plain images do not have."""
    for name, estimator in estimators.items():
        if awaits_depth(estimator):
            raise InputError(
                f"uncertainty.{name}.reference=given compares with true depth, which images do not have; "
                "give data=NAME, or another reference"
            )


def network_size(size: str | None, model: DepthModel) -> tuple[int, int] | None:
    """Network input: the model's training size, "HxW", or None for the image's own size ("native").

    Raises:
        InputError: anything else.
    """
    if size is None:
        return getattr(model, "size", None)
    if size == "native":
        return None
    parts = size.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) > 0 for part in parts):
        height, width = getattr(model, "size", (192, 640))
        raise InputError(f"size='{size}' must be HxW in pixels, for example {height}x{width}, or native")
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
