"""Detection of images from another distribution by the magnitude of the gradient."""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from gradunc.assembly import DATASETS, build_data, build_estimators, restore, without_truth
from gradunc.commands.evaluate import check_output
from gradunc.commands.images import check_references, network_size
from gradunc.commands.ood_report import write_report
from gradunc.commands.results import is_panel
from gradunc.config import InferConfig
from gradunc.data.datamodule import to_float
from gradunc.data.image_files import find_images, read_image, resize_image
from gradunc.errors import InputError, nearest, path_hint
from gradunc.models import DepthModel
from gradunc.results.detection import Scores, Side
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty import image_scores
from gradunc.uncertainty.learned import Learned, folder_beside

Size = tuple[int, int]
FEWEST = 2
"""Images of a side below which no figure says anything."""


class Images(NamedTuple):
    """The images of one side, read one after another."""

    name: str
    total: int
    each: Iterator[tuple[str, Tensor | InputError]]
    """Path, and the image (3,h,w) or why it cannot be read."""


def check_ood(config: InferConfig) -> None:
    """Raise `InputError` for what can be told before the model is loaded."""
    if config.study is not None:
        raise InputError("study= and ood= are two commands; give one of them")
    if not config.uncertainty:
        raise InputError("ood= scores images by an estimator; set uncertainty=gradient instead of uncertainty=none")
    if config.ood == config.data.name or (config.source is not None and _same_place(config.ood, config.source)):
        raise InputError(f"ood='{config.ood}' is the in-distribution set itself; give another data set or folder")
    for given in (config.source, config.ood):
        if given is not None and (given is config.source or given not in DATASETS):
            _find("source" if given is config.source else "ood", given)
    check_output(Path(config.output))


def _same_place(one: str | None, two: str) -> bool:
    return one is not None and Path(one).expanduser().resolve() == Path(two).expanduser().resolve()


def detect_foreign(config: InferConfig, model: DepthModel) -> int:
    """Score every image of both sets, print how well the scores tell them apart; returns the exit code.

    Raises:
        InputError: fewer than two readable images on a side, settings that need true depth, ...
    """
    size = network_size(config.size, model)
    if size is None:
        raise InputError("size=native would score images of different sizes; give size=HxW for ood=")
    estimators = build_estimators(config.uncertainty, model)
    check_references(estimators)
    restore(estimators, Learned(folder_beside(Path(str(config.checkpoint))), config.uncertainty), model)
    assert config.ood is not None, "checked by the command"
    inside = _folder("source", config.source, size) if config.source else _data_set(config, config.data.name, size)
    outside = _data_set(config, config.ood, size) if config.ood in DATASETS else _folder("ood", config.ood, size)
    console = Console(stderr=True)
    with Progress(console=console, disable=not config.trainer.progress) as progress:
        sides = [_score(one, estimators, model.mean.device, progress) for one in (inside, outside)]
    settings = {
        "checkpoint": config.checkpoint,
        "size": list(size),
        "uncertainty": {name: asdict(one) for name, one in config.uncertainty.items()},
    }
    write_report(Path(config.output), sides[0], sides[1], settings)
    return 1 if sides[0].failed or sides[1].failed else 0


def _find(key: str, source: str) -> list[Path]:
    """The images of a folder or glob without our panels."""
    try:
        paths = [path for path in find_images(source)[1] if not is_panel(path)]
    except InputError as error:
        if key == "ood" and "does not exist" in str(error):
            close = f"; did you mean the data set '{nearest(source, DATASETS)[0]}'?"
            raise InputError(
                f"ood='{source}' is neither a data set ({', '.join(DATASETS)}) nor a folder or glob of images"
                f"{path_hint(Path(source).expanduser()) if '/' in source else close}"
            ) from error
        raise
    if len(paths) < FEWEST:
        raise InputError(f"{key}='{source}' holds {len(paths)} image; at least {FEWEST} are needed on each side")
    return paths


def _folder(key: str, source: str, size: Size) -> Images:
    paths = _find(key, source)

    def each() -> Iterator[tuple[str, Tensor | InputError]]:
        for path in paths:
            try:
                yield str(path), resize_image(read_image(path), size)
            except InputError as error:
                yield str(path), error

    return Images(source, len(paths), each())


def _data_set(config: InferConfig, name: str | None, size: Size) -> Images:
    """The test split of a data set; its true depth is not read."""
    module = build_data(without_truth(replace(config.data, name=name)), size)
    module.prepare("test")
    data = module.split("test")
    if len(data) < FEWEST:
        raise InputError(f"the test split of '{name}' holds {len(data)} image; at least {FEWEST} are needed")

    def each() -> Iterator[tuple[str, Tensor | InputError]]:
        for index in range(len(data)):
            try:
                sample = to_float(data[index])
                yield str(sample.get("path", index)), sample["image"]
            except InputError as error:
                yield str(index), error

    return Images(str(name), len(data), each())


def _score(
    images: Images, estimators: Mapping[str, UncertaintyEstimator], device: torch.device, progress: Progress
) -> Side:
    scored: list[Scores] = []
    failed: list[dict[str, str]] = []
    for path, image in progress.track(images.each, total=images.total, description=images.name):
        if isinstance(image, InputError):
            failed.append({"image": path, "reason": str(image)})
            progress.console.print(f"skipped: {image}", markup=False, highlight=False, soft_wrap=True)
            continue
        batch = image[None].to(device)
        values = {
            name: {score: float(value) for score, value in image_scores(estimator.estimate(batch)).items()}
            for name, estimator in estimators.items()
        }
        if all(math.isfinite(value) for row in values.values() for value in row.values()):
            scored.append(Scores(path, values))
        else:
            failed.append({"image": path, "reason": "a score is not finite"})
            print(f"skipped: a score of '{path}' is not finite", file=sys.stderr)
    if len(scored) < FEWEST:
        reason = f"; the first: {failed[0]['reason']}" if failed else ""
        raise InputError(f"'{images.name}' has {len(scored)} usable images, at least {FEWEST} are needed{reason}")
    return Side(images.name, scored, failed)
