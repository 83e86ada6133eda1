"""The film that `infer.py predict film=` asks for: its name and what it shows, checked before anything is predicted."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from gradunc.commands.origin import Origin, origin_of
from gradunc.config.verbs.film import AUTO, NOTHING, film_name
from gradunc.config.verbs.predict import PredictConfig
from gradunc.data.formats.film_kinds import FilmKind
from gradunc.data.formats.video_writing import encoder_for, note_of
from gradunc.data.inputs import InputImages
from gradunc.errors import InputError

MARK = "gradunc film "
"""How the note in a film of ours begins; a checksum of all that it shows follows."""
FPS = 10.0
"""Pictures a second of image files, which have no times."""
MOST = 4
"""Estimators that a film shows: with more it is taller than players take."""


@dataclass(frozen=True)
class FilmPlan:
    """A film that shall be written."""

    path: Path
    kind: FilmKind
    encoder: str
    fps: float | None
    """Pictures a second; None = when the images were taken."""
    rate: float
    """Pictures a second, as far as that is known beforehand."""
    smooth: float
    """See `Smoothing`."""
    reject: float
    """Share of the most uncertain pixels that are marked."""
    origin: Origin
    """What it is made of."""
    live: bool
    """It is written while images are predicted: they cannot be read again, or nothing else is kept of them."""

    def note(self, checksum: str = "live") -> str:
        """What its metadata say: that it is ours, what it shows, and its origin."""
        return f"{MARK}{checksum} {self.origin}"

    @property
    def lag(self) -> float:
        """Mean lag of the uncertainty [pictures], see `Smoothing`."""
        return self.smooth / (1 - self.smooth)

    def facts(self, pictures: int) -> dict[str, Any]:
        """For the summary."""
        smooth = {"smooth": self.smooth, "lag_pictures": round(self.lag, 3)} if self.smooth else {}
        return {"film": {"file": self.path.name, "pictures": pictures, **smooth}}

    @property
    def options(self) -> dict[str, float | str | None]:
        """What decides how the film looks beside its maps."""
        return {"fps": self.fps, "rate": self.rate, "smooth": self.smooth, "encoder": self.encoder}


def shown_by(note: str) -> str:
    """The checksum of all that a film of ours shows; a film that was moved shows the same."""
    return note.removeprefix(MARK).partition(" ")[0]


def film_plan(config: PredictConfig, images: InputImages, output: Path) -> FilmPlan | None:
    """The film of a call, None if none is wanted.

    Raises:
        InputError: options that belong to a film without one, a single image, images without order to be smoothed, a
            name that is taken, or nothing here that writes films.
    """
    name = film_name(config.film)
    if name is None:
        _check_without(config)
        return None
    if images.total == 1 and images.stream is None:
        raise InputError("film= needs several images, and source is one; omit film")
    if len(config.uncertainty) > MOST:
        raise InputError(f"film= shows at most {MOST} estimators, and uncertainty has {len(config.uncertainty)}")
    if config.smooth and images.stream is None:
        _check_order(images)
    path = output / (_auto_name(str(config.source), images) if name == AUTO else name)
    live, replaces = images.live or config.write == NOTHING, config.overwrite or config.skip_existing is False
    origin = origin_of(str(config.source), images)
    _check_place(path, images, None if replaces else origin)
    if live and path.exists() and not replaces:
        raise InputError(f"'{path}' is there and could not be made again; set film=NAME.mp4, or overwrite=true")
    kind, encoder = encoder_for(path)
    rate = config.fps or images.rate or FPS
    timed = images.stream is not None and config.fps is None
    return FilmPlan(path, kind, encoder, None if timed else rate, rate, config.smooth, config.reject, origin, live)


def _check_without(config: PredictConfig) -> None:
    """Raise `InputError` for options that mean nothing without a film."""
    if config.write == NOTHING:
        raise InputError("write=nothing leaves no result at all; add film=true, or choose write=maps")
    for option, default in (("fps", None), ("smooth", 0)):
        value = getattr(config, option)
        if value != default:
            raise InputError(f"{option}={value} is about the film of the results; add film=true, or omit {option}")


def _check_order(images: InputImages) -> None:
    """Raise `InputError` for image files whose names do not say that they follow one another."""
    folders, numbers = set(), []
    for image in images:
        folder, _, name = image.name.rpartition("/")
        folders.add(folder)
        # All of them: a time stamp has its fraction behind a dot (1305031102.175304.png).
        numbers.append(tuple(map(int, re.findall(r"\d+", name))))
    steady = all(before < after for before, after in pairwise(numbers))
    if len(folders) > 1 or () in numbers or not steady:
        raise InputError(
            "smooth= needs images in the order of time: a film, a camera, or files of one folder that are numbered "
            "(0001.png, 0002.png, ...); omit smooth"
        )


def _auto_name(source: str, images: InputImages) -> str:
    """After the film, the camera, the folder or the list."""
    path = Path(source).expanduser()
    if images.stream is not None:
        stem = Path(images.stream).stem
    else:
        stem = (path.resolve().name if path.is_dir() else path.stem if path.is_file() else "") or "images"
    return f"{stem.lstrip('.') or 'images'}.film.mp4"


def _check_place(path: Path, images: InputImages, origin: Origin | None) -> None:
    """Raise `InputError` for a film in the place of something else, or of what is not of an origin; None = of any."""
    if path.is_dir() or path.name == images.stream:
        raise InputError(f"film={path.name} is the name of a folder in output='{path.parent}'; choose another name")
    if not path.exists():
        return
    note = note_of(path) if path.is_file() else ""
    if not note.startswith(MARK):
        raise InputError(f"'{path}' is there and no film of infer.py predict; set film=NAME.mp4, or remove it")
    if origin is not None and not origin.may_have_made(note):
        raise InputError(
            f"'{path}' is the film of another source; set film=NAME.mp4 or output=DIR, or overwrite=true to replace it"
        )
