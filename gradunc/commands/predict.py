"""`infer.py predict`: depth and uncertainty of people's own images, file by file."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track

from gradunc.assembly import decisions
from gradunc.commands.image_jobs import Jobs
from gradunc.commands.images import estimators_of_images, images_of
from gradunc.commands.kept_results import check_same_settings, settings_of
from gradunc.commands.network import load_network, network_size
from gradunc.commands.output import Filling
from gradunc.commands.predict_images import ImageRun
from gradunc.commands.results import write_summary
from gradunc.config.verbs.predict import PredictConfig
from gradunc.errors import InputError
from gradunc.ops.devices import choose_device


def predict(config: PredictConfig) -> int:
    """Write maps and a panel for every image that `source` names, and a summary; returns the exit code.

    Results that the same network and settings have left for the same image are kept, unless `overwrite`.

    Raises:
        InputError: no image, none could be predicted, or results of other settings would be replaced.
    """
    if config.source is None:
        raise InputError("source is missing; give source=IMAGE|FOLDER|GLOB|FILM|LIST.txt|CAMERA, or the path itself")
    overwrite = _overwrite(config)
    images = images_of(config.source, config.every, config.limit)
    output = Path(config.output)
    jobs = Jobs(output, images, tuple(config.uncertainty))
    model = load_network(config, choose_device(config.device))
    size = network_size(config.size, model)
    estimators = estimators_of_images(config.uncertainty, model, config.checkpoint, size)
    settings = settings_of(config, model, estimators, size)
    if not overwrite:
        check_same_settings(output, settings, jobs.results())
    run = ImageRun(output, model, estimators, size, settings, overwrite, config.reject)
    console = Console(stderr=True)
    with Filling(output, jobs.folders) as filling:
        each = track(jobs, "images", images.total, console=console, disable=not config.progress)
        outcome = run.run(each, filling, console, endless=images.endless)
        outcome.check()
        scales = {name: str(estimator.scale) for name, estimator in estimators.items()}
        write_summary(output, config, model, size, scales, outcome)
    for line in (*decisions(estimators), *outcome.lines(config.output)):
        print(line, file=sys.stderr)
    return 1 if outcome.failed else 0


def _overwrite(config: PredictConfig) -> bool:
    """Whether to make all results anew; `skip_existing` said the opposite in earlier versions."""
    if config.skip_existing is None:
        return config.overwrite
    if config.skip_existing and config.overwrite:
        raise InputError("overwrite=true and skip_existing=true contradict each other; omit one of them")
    return not config.skip_existing
