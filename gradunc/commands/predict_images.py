"""The images of `infer.py predict`, one after the other: kept, made, or skipped."""

import warnings
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from gradunc.commands.image_jobs import Job, check_names
from gradunc.commands.kept_results import SETTINGS, identity, record_in, settings_in
from gradunc.commands.outcome import Outcome
from gradunc.commands.output import Filling
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.prediction.files import drawing, write_facts, write_maps
from gradunc.prediction.maps import ImageError, check_finite, maps_of
from gradunc.prediction.network import InputSize, input_warning
from gradunc.stopping import Stopped
from gradunc.types import Size, UncertaintyEstimator


class ImageRun:
    """What all images of a call share.

    Args:
        output: folder of the results.
        model: the network.
        estimators: of it, by name.
        size: at which the network sees images.
        settings: see `kept_results.settings_of`.
        overwrite: make all results anew.
        reject: share of the most uncertain pixels that panels mark as not to be trusted.
    """

    def __init__(
        self,
        output: Path,
        model: DepthModel,
        estimators: Mapping[str, UncertaintyEstimator],
        size: InputSize,
        settings: Mapping[str, Any],
        overwrite: bool,
        reject: float,
    ) -> None:
        self.output, self.model, self.estimators, self.size = output, model, estimators, size
        self.reject = reject
        self.settings, self.identity = settings, identity(settings)
        stored = settings_in(output)
        self.keeps = stored is not None and not overwrite
        self.is_said = stored is not None and identity(stored) == self.identity
        """Whether the folder says that its results are made with these settings."""
        self._shape_said = False

    def run(self, jobs: Iterable[Job], filling: Filling, console: Console, *, endless: bool = False) -> Outcome:
        """Keep or make the results of every image; the console hears of those that are skipped.

        Images without end are well ended by a signal: what has been made stands.
        """
        outcome = Outcome()
        with suppress(Stopped) if endless else nullcontext():
            for job in jobs:
                self._handle(job, outcome, filling, console)
        return outcome

    def _handle(self, job: Job, outcome: Outcome, filling: Filling, console: Console) -> None:
        found = record_in(job.files[-1])
        if self.keeps and self._is_kept(job, found):
            outcome.records[job.name] = found
            outcome.kept += 1
            return
        try:
            outcome.records[job.name] = self._made(job, filling)
            outcome.replaced += found.get("settings", self.identity) != self.identity
        except ImageError as error:
            reason = outcome.fail(job.name, error)
            console.print(f"skipped: {reason}", markup=False, highlight=False, soft_wrap=True)

    def _say_shape(self, label: str, image: Size) -> None:
        """Say it of the first image whose shape is far from that of the network's input."""
        said = "" if self._shape_said else input_warning(image, self.size, self.model)
        if said:
            self._shape_said = True
            warnings.warn(f"{said} ('{label}')", stacklevel=2)

    def _is_kept(self, job: Job, record: Mapping[str, Any]) -> bool:
        """Whether all results of an image, of which its panel says this, are what this call would make."""
        same = record.get("settings") == self.identity and record.get("image") == job.image.identity()
        return same and all(file.is_file() for file in job.files)

    def _made(self, job: Job, filling: Filling) -> dict[str, Any]:
        """Predict an image and write its results; returns what its panel says.

        Raises:
            ImageError: it cannot be read or predicted.
        """
        check_names(job)
        try:
            checksum, image = job.image.identity(), job.image.read()
        except InputError as error:
            raise ImageError(str(error), "read") from error
        self._say_shape(job.image.label, (image.shape[-2], image.shape[-1]))
        maps = maps_of(job.image.label, image, self.model, self.estimators, self.size)
        check_finite(maps, job.image.label)
        filling.begin()
        if not self.is_said:
            write_facts(self.output / SETTINGS, dict(self.settings))
            self.is_said = True
        record = {
            "image": checksum,
            "settings": self.identity,
            "pixels": maps.depth.size,
            "not_finite": maps.not_finite(),
        }
        write_maps(job.files, drawing(job.name, image, maps, self.model.output_space, self.reject), maps, record)
        return record
