"""`infer.py ood`: detection of images from another distribution by scores of whole images."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from gradunc.commands.images import estimators_of_images
from gradunc.commands.network import load_network, one_size
from gradunc.commands.ood_images import FEWEST, Images, find_side, of_data_set, of_source
from gradunc.commands.output import check_output
from gradunc.config.verbs.ood import OodConfig
from gradunc.data.inputs import InputImages
from gradunc.data.sets import SETS
from gradunc.errors import InputError
from gradunc.ops.devices import choose_device
from gradunc.prediction.maps import ImageError
from gradunc.results import show, write
from gradunc.results.detection import Scores, Side, detection_result
from gradunc.types import Size, UncertaintyEstimator
from gradunc.uncertainty import image_scores, shared_passes


def ood(config: OodConfig) -> int:
    """Score every image of both sets, print how well the scores tell them apart; returns the exit code.

    Raises:
        InputError: fewer than two readable images on a side, settings that need true depth, ...
    """
    sources = _check(config)
    model = load_network(config, choose_device(config.device))
    size = one_size(config.size, model, "would score images of different sizes")
    estimators = estimators_of_images(config.uncertainty, model, config.checkpoint, size)
    console = Console(stderr=True)
    with Progress(console=console, disable=not config.progress) as progress:
        sides = [_score(one, estimators, model.mean.device, progress) for one in _both(config, sources, size)]
    settings = {
        "checkpoint": config.checkpoint,
        "size": list(size),
        "uncertainty": {name: asdict(one) for name, one in config.uncertainty.items()},
    }
    result = detection_result(sides[0], sides[1], settings)
    written = write(result, Path(config.output))
    show(result)
    for path in written:
        print(f"  {path}")
    return 1 if sides[0].failed or sides[1].failed else 0


def _check(config: OodConfig) -> dict[str, InputImages]:
    """The sides that are no data sets, by option; `InputError` for what can be told before the model is loaded."""
    if (config.source is None) == (config.data.name is None):
        raise InputError("the familiar images are missing: give either source=FOLDER|GLOB or data=NAME, and not both")
    if config.other is None:
        raise InputError("other is missing; give other=NAME|FOLDER|GLOB, where the foreign images are")
    if not config.uncertainty:
        raise InputError("ood scores images by an estimator; set uncertainty=gradient instead of uncertainty=none")
    if config.other == config.data.name or (config.source is not None and _same_place(config.other, config.source)):
        raise InputError(f"other='{config.other}' is the in-distribution set itself; give another data set or folder")
    given = {"source": config.source, "other": None if config.other in SETS else config.other}
    found = {key: find_side(key, one, config.every, config.limit) for key, one in given.items() if one is not None}
    check_output(Path(config.output))
    return found


def _same_place(one: str, two: str) -> bool:
    return Path(one).expanduser().resolve() == Path(two).expanduser().resolve()


def _both(config: OodConfig, sources: Mapping[str, InputImages], size: Size) -> Iterator[Images]:
    """The familiar and the foreign images."""
    for key, source, name in (("source", config.source, config.data.name), ("other", config.other, config.other)):
        if key in sources:
            yield of_source(str(source), sources[key], size)
        else:
            yield of_data_set(config.data, str(name), size)


def _score(
    images: Images, estimators: Mapping[str, UncertaintyEstimator], device: torch.device, progress: Progress
) -> Side:
    scored: list[Scores] = []
    failed: list[dict[str, str]] = []
    for path, image in progress.track(images.each, total=images.total, description=images.name):
        try:
            if isinstance(image, InputError):
                raise ImageError(str(image), "read") from image
            found = _scores(path, image[None].to(device), estimators)
            scored.append(found._replace(scene=images.scenes.get(path)))
        except ImageError as error:
            reason = " ".join(str(error).split())
            failed.append({"image": path, "reason": reason})
            progress.console.print(f"skipped: {reason}", markup=False, highlight=False, soft_wrap=True)
    if len(scored) < FEWEST:
        reason = f"; the first: {failed[0]['reason']}" if failed else ""
        raise InputError(f"'{images.name}' has {len(scored)} usable images, at least {FEWEST} are needed{reason}")
    return Side(images.name, scored, failed)


def _scores(path: str, batch: Tensor, estimators: Mapping[str, UncertaintyEstimator]) -> Scores:
    """The scores of one image (1,3,h,w).

    Raises:
        ImageError: a prediction without any finite value, or a score that is not finite.
    """
    values: dict[str, dict[str, float]] = {}
    with shared_passes():
        for name, estimator in estimators.items():
            estimate = estimator.estimate(batch)
            try:
                found = image_scores(estimate)
            except InputError as error:
                raise InputError(f"uncertainty.{name}: {error}") from error
            values[name] = {score: float(value) for score, value in found.items()}
            if not all(map(math.isfinite, values[name].values())):
                broken = int((~estimate.depth.isfinite()).sum())
                why = f"{broken} of {estimate.depth.numel()} predicted values are not finite"
                raise ImageError(f"a score of '{path}' is not finite" + (f": {why}" if broken else ""), "predicted")
    return Scores(path, values)
