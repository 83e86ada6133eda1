"""`infer.py predict`: depth and uncertainty of people's own images, file by file, and a film of them."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from gradunc.assembly import decisions
from gradunc.commands.film import Film
from gradunc.commands.film_of_results import film_of_results
from gradunc.commands.film_plan import FilmPlan, film_plan
from gradunc.commands.image_jobs import Jobs
from gradunc.commands.images import estimators_of_images, images_of
from gradunc.commands.kept_results import check_same_settings, settings_of
from gradunc.commands.network import load_network, network_size
from gradunc.commands.origin import check_same_film, place_of
from gradunc.commands.outcome import Outcome
from gradunc.commands.output import Filling
from gradunc.commands.predict_images import ImageRun, Manner
from gradunc.commands.progress import tracked
from gradunc.commands.results import write_summary
from gradunc.config.verbs.film import MAPS, NOTHING, PANELS
from gradunc.config.verbs.predict import PredictConfig
from gradunc.data.inputs.files import PANEL
from gradunc.errors import InputError
from gradunc.ops.devices import choose_device
from gradunc.prediction.files import RECORD_FILE
from gradunc.uncertainty.settings import EstimatorSettings

ENDINGS = {PANELS: PANEL, MAPS: RECORD_FILE, NOTHING: None}
"""`write=` -> the last file of each image."""


def predict(config: PredictConfig) -> int:
    """Write maps and a panel for every image that `source` names, a summary, and a film; returns the exit code.

    Results that the same network and settings have left for the same image are kept, unless `overwrite`.

    Raises:
        InputError: no image, none could be predicted, or results of other settings would be replaced.
    """
    if config.source is None:
        raise InputError("source is missing; give source=IMAGE|FOLDER|GLOB|FILM|LIST.txt|CAMERA, or the path itself")
    images = images_of(config.source, config.every, config.limit)
    place = "" if images.film is None else place_of(images.film)
    manner = Manner(config.reject, config.batch, config.write == PANELS, _overwrite(config), place)
    output = Path(config.output)
    jobs = Jobs(output, images, tuple(config.uncertainty), ENDINGS[config.write])
    plan = film_plan(config, images, output)
    model = load_network(config, choose_device(config.device))
    size = network_size(config.size, model)
    estimators = estimators_of_images(_in_batches(config), model, config.checkpoint, size)
    settings = settings_of(config, model, estimators, size)
    if not manner.overwrite:
        check_same_film(jobs)
        check_same_settings(output, settings, jobs.results())
    console = Console(stderr=True)
    with Filling(output, jobs.folders) as filling:
        live = Film(plan, model.output_space, plan.note(), None) if plan and plan.live else None
        watcher = live.add if live else None
        run = ImageRun(filling, model, estimators, size, settings, manner, console, watcher)
        shown = partial(tracked, console=console, shown=config.progress)
        outcome = _run(run, jobs, live, shown)
        outcome.check()
        lines = _film(plan, live, jobs, run, partial(shown, what="film", total=jobs.images.total))
        facts = plan.facts(len(outcome.records)) if plan else {}
        scales = {name: str(estimator.scale) for name, estimator in estimators.items()}
        write_summary(output, config, model, size, scales, outcome, facts)
    for line in (*decisions(estimators), *lines, *outcome.lines(config.output)):
        print(line, file=sys.stderr)
    return 1 if outcome.failed else 0


def _run(run: ImageRun, jobs: Jobs, live: Film | None, shown: Any) -> Outcome:
    """All images, with the film that is written meanwhile."""
    each = shown(jobs, what="images", total=jobs.images.total)
    # A camera that is ended before its `limit` has pictures that nobody can take again.
    endless = jobs.images.endless or jobs.images.live
    if live is None:
        return run.run(each, endless=endless)
    with live.written():
        return run.run(each, endless=endless)


def _film(plan: FilmPlan | None, live: Film | None, jobs: Jobs, run: ImageRun, shown: Any) -> list[str]:
    """What the command says of the film, which is made now unless it was made meanwhile."""
    if plan is None:
        return []
    if live is not None:
        return [live.line(0)]
    space, overwrite = run.space, run.manner.overwrite
    return [film_of_results(plan, jobs, run.outcome, space, run.identity, overwrite, shown)]


def _in_batches(config: PredictConfig) -> Mapping[str, EstimatorSettings]:
    """The estimators' settings, whose backward passes take a batch at once; no result depends on that."""
    return {name: _with_chunk(settings, config.batch) for name, settings in config.uncertainty.items()}


def _with_chunk(settings: EstimatorSettings, batch: int) -> EstimatorSettings:
    chunk = getattr(settings, "chunk", None)
    return settings if chunk is None else replace(settings, chunk=max(chunk, batch))


def _overwrite(config: PredictConfig) -> bool:
    """Whether to make all results anew; `skip_existing` said the opposite in earlier versions."""
    if config.skip_existing is None:
        return config.overwrite
    if config.skip_existing and config.overwrite:
        raise InputError("overwrite=true and skip_existing=true contradict each other; omit one of them")
    return not config.skip_existing
