"""`infer.py predict`: depth and uncertainty of people's own images, file by file."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from gradunc.assembly import decisions
from gradunc.commands.images import estimators_of_images, images_of
from gradunc.commands.network import choose_device, load_network, network_size
from gradunc.commands.results import Maps, result_files, write_facts, write_maps, write_summary
from gradunc.commands.skip_existing import SETTINGS, is_newer, settings_of, start_of_results
from gradunc.config.verbs.predict import PredictConfig
from gradunc.data.image_files import read_image, resize_image
from gradunc.errors import InputError
from gradunc.metrics import resize_estimate
from gradunc.models import DepthModel
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty import shared_passes

Estimators = Mapping[str, UncertaintyEstimator]


def predict(config: PredictConfig) -> int:
    """Write maps and a panel for every image that `source` names, and a summary; returns the exit code.

    Raises:
        InputError: no image, or none could be written.
    """
    if config.source is None:
        raise InputError("source is missing; give source=IMAGE|FOLDER|GLOB, or the path itself")
    root, paths = images_of(config.source)
    if not paths:
        raise InputError(f"source='{config.source}' holds only results of earlier runs; give the images themselves")
    model = load_network(config, choose_device(config.device))
    size = network_size(config.size, model)
    estimators = estimators_of_images(config.uncertainty, model, config.checkpoint)
    written, failed = _write_all(config, model, estimators, size, root, paths)
    if not written:
        raise InputError(f"none of {len(paths)} images could be read; the first: {failed[0]['reason']}")
    scales = {name: str(estimator.scale) for name, estimator in estimators.items()}
    write_summary(Path(config.output), config, model, size, scales, written, failed)
    for line in [
        *decisions(estimators),
        f"{len(written)} images written to {config.output}, {len(failed)} skipped",
    ]:
        print(line, file=sys.stderr)
    return 1 if failed else 0


def _write_all(
    config: PredictConfig,
    model: DepthModel,
    estimators: Estimators,
    size: tuple[int, int] | None,
    root: Path,
    paths: list[Path],
) -> tuple[list[str], list[dict[str, str]]]:
    """Write the files of every image; returns names of images, and what could not be read and why."""
    output = Path(config.output)
    settings = settings_of(config, model, size)
    start = start_of_results(output, settings) if config.skip_existing else None
    settings_written = start is not None
    written: list[str] = []
    failed: list[dict[str, str]] = []
    console = Console(stderr=True)
    for path in track(paths, "images", console=console, disable=not config.progress):
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
        maps = _maps(image, model, estimators, size)
        if not settings_written:
            write_facts(output / SETTINGS, settings)
            settings_written = True
        write_maps(output, name, image, maps, model)
        written.append(name)
    return written, failed


def _maps(image: Tensor, model: DepthModel, estimators: Estimators, size: tuple[int, int] | None) -> Maps:
    """Resize, predict and estimate, and resize back: image (3,H,W)."""
    full = (image.shape[-2], image.shape[-1])
    batch = resize_image(image[None], size or full).to(model.mean.device)
    if not estimators:
        with torch.inference_mode():
            depth = model.resize_depth(model(batch).depth, full)
        return Maps(_numpy(depth, depth.isfinite()), {})
    maps: dict[str, np.ndarray] = {}
    depth = torch.empty(0)
    with shared_passes():
        for name, estimator in estimators.items():
            depth, uncertainty, known = resize_estimate(model, estimator.estimate(batch), full)
            maps[name] = _numpy(uncertainty, known)
    return Maps(_numpy(depth, depth.isfinite()), maps)


def _numpy(values: Tensor, known: Tensor) -> np.ndarray:
    return torch.where(known, values.float(), torch.nan)[0, 0].cpu().numpy()
