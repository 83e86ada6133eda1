"""The images of `infer.py predict`, one after the other or in batches: kept, made, or skipped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.commands.image_jobs import Job, check_names
from gradunc.commands.kept_results import SETTINGS, found_results, identity, settings_in
from gradunc.commands.network_at_work import NetworkAtWork
from gradunc.commands.outcome import Outcome
from gradunc.commands.output import Filling
from gradunc.data.inputs import InputImage
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.prediction.files import drawing, write_facts, write_maps
from gradunc.prediction.maps import ImageError, Maps
from gradunc.prediction.network import InputSize
from gradunc.stopping import Stopped, finishing
from gradunc.types import UncertaintyEstimator

Watcher = Callable[[Job, Tensor, Maps], None]
"""What else sees each image (3,H,W) and its maps, in order."""


@dataclass(frozen=True)
class Manner:
    """How images are made, which changes no number of their maps."""

    reject: float
    """Share of the most uncertain pixels that panels mark as not to be trusted."""
    batch: int = 1
    """Images of one size that the network sees together."""
    panels: bool = True
    """Whether panels are drawn."""
    overwrite: bool = False
    """Make all results anew."""
    place: str = ""
    """Of the film, which its results note: see `origin.place_of`; "" of other sources."""


class _Read(NamedTuple):
    """An image that waits for the network."""

    job: Job
    checksum: str
    image: Tensor
    """(3,H,W)."""
    before: Mapping[str, Any]
    """What was said of the results that are there."""

    __repr__ = brief_repr


class ImageRun:
    """What all images of a call share.

    Args:
        filling: the folder of the results.
        model: the network.
        estimators: of it, by name.
        size: at which the network sees images.
        settings: see `kept_results.settings_of`.
        manner: how they are made.
        console: hears of images that are skipped.
        watcher: sees what is made.
    """

    def __init__(
        self,
        filling: Filling,
        model: DepthModel,
        estimators: Mapping[str, UncertaintyEstimator],
        size: InputSize,
        settings: Mapping[str, Any],
        manner: Manner,
        console: Console,
        watcher: Watcher | None = None,
    ) -> None:
        self.filling, self.space = filling, model.output_space
        self.manner, self.console, self.watcher = manner, console, watcher
        self.settings, self.identity = settings, identity(settings)
        stored = settings_in(filling.folder)
        self.keeps = stored is not None and not manner.overwrite
        self.is_said = stored is not None and identity(stored) == self.identity
        """Whether the folder says that its results are made with these settings."""
        self.outcome = Outcome()
        self.network = NetworkAtWork(model, estimators, size, self.outcome.speed, settings["mirrored"])
        self._waiting: list[_Read] = []

    def run(self, jobs: Iterable[Job], *, endless: bool = False) -> Outcome:
        """Keep or make the results of every image.

        Images without end are well ended by a signal: what has been made stands, and what waits is made.
        """
        with suppress(Stopped) if endless else nullcontext():
            for job in jobs:
                self._handle(job)
        with suppress(Stopped) if endless else nullcontext():
            self._make_waiting()
        return self.outcome

    def _handle(self, job: Job) -> None:
        found, files = found_results(job.files, panels=self.manner.panels)
        if self.keeps and self._is_kept(job.image, found, files):
            self._make_waiting()  # what is noted keeps the order of the images
            self.outcome.records[job.name] = found
            self.outcome.kept += 1
            self.outcome.speed.skip()
            return
        try:
            read = self._read(job, found)
        except ImageError as error:
            self._skip(job, error)
            return
        if self._waiting and self._waiting[0].image.shape != read.image.shape:
            self._make_waiting()
        self._waiting.append(read)
        if len(self._waiting) == self.manner.batch:
            self._make_waiting()

    def _is_kept(self, image: InputImage, record: Mapping[str, Any], files: Sequence[Path]) -> bool:
        """Whether all results of an image, of which their last one says this, are what this call would make."""
        same = record.get("settings") == self.identity and record.get("image") == image.identity()
        return same and bool(files) and all(file.is_file() for file in files)

    def _read(self, job: Job, before: Mapping[str, Any]) -> _Read:
        """The image in memory; `ImageError` if it cannot be read, or its results could not be written."""
        check_names(job)
        try:
            # Of what is not kept nobody asks again what it was made of.
            return _Read(job, job.image.identity() if job.files else "", job.image.read(), before)
        except InputError as error:
            raise ImageError(str(error), "read") from error

    def _make_waiting(self) -> None:
        """Predict the images that wait, together, and write their results one after the other."""
        if not self._waiting:
            return
        waiting = self._waiting
        found = self.network.maps([read.job.image.label for read in waiting], [read.image for read in waiting])
        # Of a batch all or nothing is lost: what is made later makes the same batches of the rest.
        with finishing():
            self._waiting = []  # not before: whoever ends a camera meanwhile still gets them
            for read, maps in zip(waiting, found, strict=True):
                if isinstance(maps, ImageError):
                    self._skip(read.job, maps)
                else:
                    self._write(read, maps)
            self.outcome.speed.lap(len(waiting))

    def _write(self, read: _Read, maps: Maps) -> None:
        job = read.job
        self.filling.begin()
        record = {
            "image": read.checksum,
            "settings": self.identity,
            "pixels": maps.depth.size,
            "not_finite": maps.not_finite(),
        }
        if self.manner.place:
            record["place"] = self.manner.place
        if job.files:
            self._say_settings()
            panels, reject = self.manner.panels, self.manner.reject
            drawn = drawing(job.name, read.image, maps, self.space, reject) if panels else None
            write_maps(job.files, drawn, maps, record)
        if self.watcher is not None:
            self.watcher(job, read.image, maps)
        self.outcome.records[job.name] = record
        self.outcome.replaced += read.before.get("settings", self.identity) != self.identity

    def _say_settings(self) -> None:
        """Write what the results of this folder are made with, before the first of them."""
        if not self.is_said:
            write_facts(self.filling.folder / SETTINGS, dict(self.settings))
            self.is_said = True

    def _skip(self, job: Job, error: ImageError) -> None:
        reason = self.outcome.fail(job.name, error)
        self.console.print(f"skipped: {reason}", markup=False, highlight=False, soft_wrap=True)
