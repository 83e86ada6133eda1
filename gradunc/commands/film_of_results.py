"""The film of maps that are kept: made of them when all are there, so that an interrupted call goes on."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable

import numpy as np

from gradunc.commands.film import Film
from gradunc.commands.film_plan import FilmPlan, shown_by
from gradunc.commands.image_jobs import Job, Jobs
from gradunc.commands.outcome import Outcome
from gradunc.data.formats.video_writing import note_of
from gradunc.errors import InputError
from gradunc.prediction.film_scale import film_scale, spread
from gradunc.prediction.maps import Maps
from gradunc.types import OutputSpace


def film_of_results(
    plan: FilmPlan,
    jobs: Jobs,
    outcome: Outcome,
    space: OutputSpace,
    made_with: str,
    overwrite: bool,
    shown: Callable[[Iterable[Job]], Iterable[Job]] = iter,
) -> str:
    """Make the film of maps that are there, and of the images read once more; of all that have results.

    Args:
        plan: of the film.
        jobs: the images.
        outcome: what became of them.
        space: what the numbers of the depth mean.
        made_with: checksum of the settings of the maps.
        overwrite: make it anew, even if it is there.
        shown: a progress bar.

    Returns:
        A line about it.
    """
    note = plan.note(_checksum(plan, outcome, made_with))
    if not overwrite and plan.path.is_file() and shown_by(note_of(plan.path)) == shown_by(note):
        return f"kept the film {plan.path}, which shows the same"
    begin, names = time.perf_counter(), list(outcome.records)
    scale = film_scale((_stored(jobs, names[place]) for place in spread(len(names))), plan.reject)
    film = Film(plan, space, note, scale)
    with film.written():
        for job in shown(jobs):
            if job.name in outcome.records:
                film.add(job, job.image.read(), _stored(jobs, job.name))
    return film.line(time.perf_counter() - begin)


def _checksum(plan: FilmPlan, outcome: Outcome, made_with: str) -> str:
    shown = [made_with, plan.options, plan.reject, [[name, one["image"]] for name, one in outcome.records.items()]]
    return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()


def _stored(jobs: Jobs, name: str) -> Maps:
    """The maps of an image, as they were written."""
    depth, *each, _ = jobs.files_of(name)
    try:
        maps = [np.load(file, allow_pickle=False) for file in (depth, *each)]
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot read the maps of '{name}': {error}; overwrite=true makes them") from error
    return Maps(maps[0], dict(zip(jobs.estimators, maps[1:], strict=True)))
