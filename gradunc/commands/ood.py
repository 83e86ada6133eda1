"""`infer.py ood`: detection of images from another distribution by scores of whole images."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from gradunc.commands.images import estimators_of_images
from gradunc.commands.network import load_network, one_size
from gradunc.commands.ood_images import FEWEST, Images, find_side, of_data_set, of_files
from gradunc.commands.output import check_output
from gradunc.config.verbs.ood import OodConfig
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
    _check(config)
    model = load_network(config, choose_device(config.device))
    size = one_size(config.size, model, "would score images of different sizes")
    estimators = estimators_of_images(config.uncertainty, model, config.checkpoint)
    console = Console(stderr=True)
    with Progress(console=console, disable=not config.progress) as progress:
        sides = [_score(one, estimators, model.mean.device, progress) for one in _both(config, size)]
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


def _check(config: OodConfig) -> None:
    """Raise `InputError` for what can be told before the model is loaded."""
    if (config.source is None) == (config.data.name is None):
        raise InputError("the familiar images are missing: give either source=FOLDER|GLOB or data=NAME, and not both")
    if config.other is None:
        raise InputError("other is missing; give other=NAME|FOLDER|GLOB, where the foreign images are")
    if not config.uncertainty:
        raise InputError("ood scores images by an estimator; set uncertainty=gradient instead of uncertainty=none")
    if config.other == config.data.name or (config.source is not None and _same_place(config.other, config.source)):
        raise InputError(f"other='{config.other}' is the in-distribution set itself; give another data set or folder")
    if config.source is not None:
        find_side("source", config.source)
    if config.other not in SETS:
        find_side("other", config.other)
    check_output(Path(config.output))


def _same_place(one: str, two: str) -> bool:
    return Path(one).expanduser().resolve() == Path(two).expanduser().resolve()


def _both(config: OodConfig, size: Size) -> tuple[Images, Images]:
    """The familiar and the foreign images."""
    assert config.other is not None, "checked"
    if config.source is not None:
        inside = of_files("source", config.source, size)
    else:
        inside = of_data_set(config.data, str(config.data.name), size)
    if config.other in SETS:
        return inside, of_data_set(config.data, config.other, size)
    return inside, of_files("other", config.other, size)


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
            values[name] = {score: float(value) for score, value in image_scores(estimate).items()}
            if not all(map(math.isfinite, values[name].values())):
                broken = int((~estimate.depth.isfinite()).sum())
                why = f"{broken} of {estimate.depth.numel()} predicted values are not finite"
                raise ImageError(f"a score of '{path}' is not finite" + (f": {why}" if broken else ""), "predicted")
    return Scores(path, values)
