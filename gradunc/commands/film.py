"""Writing the film of `infer.py predict film=`: image, depth, uncertainty and what not to trust, side by side."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from torch import Tensor

from gradunc.commands.film_plan import FilmPlan
from gradunc.commands.image_jobs import Job
from gradunc.data.formats.video_writing import VideoWriter
from gradunc.data.inputs.interface import TimedImage
from gradunc.errors import unwritable
from gradunc.files import replacing
from gradunc.prediction.film_scale import RunningScale
from gradunc.prediction.maps import Maps
from gradunc.prediction.smoothing import Smoothing
from gradunc.types import OutputSpace
from gradunc.visualization.film import FilmPainter, FilmScale

REDRAWN = 25
"""Pictures after which colours follow a scale that changes."""


class _NoPicture(Exception):
    """There is nothing that could take the place of an earlier film."""


class Film:
    """A film that is being written, under another name until it is complete.

    Args:
        plan: of it.
        space: what the numbers of the depth mean.
        note: kept in its metadata.
        scale: of the colours; None = it follows the pictures.
    """

    def __init__(self, plan: FilmPlan, space: OutputSpace, note: str, scale: FilmScale | None) -> None:
        self.plan, self.space, self._note, self._scale = plan, space, note, scale
        self.smoothing = Smoothing(plan.smooth)
        self.pictures = 0
        self._times: tuple[float, float] = (0.0, 0.0)
        self._running = RunningScale(plan.reject)
        self._painter: FilmPainter | None = None
        self._writer: VideoWriter | None = None
        self._stack = ExitStack()

    @contextmanager
    def written(self) -> Iterator["Film"]:
        """While pictures are added; the file has its name after that, if there is a picture."""
        with suppress(_NoPicture), self._stack:
            yield self
            if not self.pictures:
                raise _NoPicture
            try:
                self._stack.pop_all().close()
            except OSError as error:
                raise unwritable(self.plan.path, error) from error

    def add(self, job: Job, image: Tensor, maps: Maps) -> None:
        """One more image (3,H,W) and its maps."""
        if self.plan.smooth:
            maps = maps._replace(uncertainty=self.smoothing(image, maps.uncertainty))
        # Before the file is opened: the first picture takes long, and may be interrupted.
        picture = self._painter_of(image, maps).picture(image.numpy(), maps.depth, maps.uncertainty)
        try:
            self._open().add(picture, self._time(job))
        except OSError as error:
            raise unwritable(self.plan.path, error) from error
        self.pictures += 1

    def line(self, seconds: float) -> str:
        """What the command says of it."""
        speed = f" in {seconds:.3g} s ({self.pictures / seconds:.3g} pictures/s)" if seconds else ""
        said = f"film: {self.pictures} pictures written to {self.plan.path}{speed}"
        if not self.plan.smooth:
            return said
        lag, step = self.plan.lag, self._step()
        return (
            f"{said}; smooth={self.plan.smooth} lags by a mean of {lag:.3g} pictures ({1000 * lag * step:.0f} ms); "
            f"scene cuts, where it begins anew: {self.smoothing.cuts}"
        )

    def _step(self) -> float:
        """Mean time between two pictures [s]."""
        return (self._times[1] - self._times[0]) / max(self.pictures - 1, 1) or 1 / self.plan.rate

    def _time(self, job: Job) -> float:
        """[s] since the first picture."""
        image = job.image
        taken = image.time if isinstance(image, TimedImage) and self.plan.fps is None else None
        now = self.pictures / self.plan.rate if taken is None else taken
        self._times = (now if self.pictures == 0 else self._times[0], now)
        return max(0.0, now - self._times[0])

    def _painter_of(self, image: Tensor, maps: Maps) -> FilmPainter:
        """What draws this picture; of a scale that goes on, a new one now and then."""
        scale = self._scale or self._running.take(maps)
        if self._painter is None or (self._scale is None and self.pictures % REDRAWN == 0):
            size = (image.shape[-2], image.shape[-1]) if self._painter is None else self._painter.size
            whose = "the film" if self._scale else "the last pictures"
            unit, quantity, reject = self.space.unit, self.space.quantity, self.plan.reject
            self._painter = FilmPainter(scale, unit, quantity, reject, whose, self._head(), size)
        return self._painter

    def _head(self) -> list[str]:
        smooth = f"; uncertainty smoothed, lag {self.plan.lag:.3g} pictures" if self.plan.smooth else ""
        return [f"{self.plan.path.name}{smooth}"]

    def _open(self) -> VideoWriter:
        if self._writer is None:
            plan = self.plan
            (aside,) = self._stack.enter_context(replacing(plan.path))
            writer = VideoWriter(aside, plan.kind, plan.encoder, plan.rate, self._note)
            self._writer = self._stack.enter_context(writer)
        return self._writer
