"""`source=walk.mp4`: the pictures of a film, in order."""

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from gradunc.data.formats.video import SUFFIXES, Video, VideoFrame
from gradunc.data.inputs.interface import InputImage, InputImages, Kind, Stream

BLOCK, BLOCKS = 2**20, 16
"""Bytes of a block, and how many of them, evenly spread, say which film it is: nobody waits for 100 GB."""


@dataclass(frozen=True)
class FilmPicture:
    """One picture of a film."""

    film: Path
    frame: VideoFrame

    @property
    def name(self) -> str:
        """Film and number, from 0: `walk.mp4/000123`."""
        return f"{self.film.name}/{self.frame.index:06d}"

    @property
    def label(self) -> str:
        """Path of the film, and the number."""
        return f"{self.film}, picture {self.frame.index}"

    @property
    def time(self) -> float | None:
        """[s], see `TimedImage`."""
        return self.frame.time

    def read(self) -> Tensor:
        """See `pixels`."""
        return pixels(self.frame)

    def identity(self) -> str:
        """A checksum of the film, and the number."""
        return f"{film_identity(self.film)}-{self.frame.index}"


def pixels(frame: VideoFrame) -> Tensor:
    """(3,H,W) float32 in [0,1], upright, with square pixels."""
    return torch.from_numpy(frame.rgb(max(frame.size))).movedim(-1, 0).contiguous().float().div_(255)


def film_identity(film: Path) -> str:
    """A checksum of the length of a file and of blocks of it: of all of it up to 16 MiB."""
    status = film.stat()
    return _checksum(film, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _checksum(film: Path, size: int, _changed: int) -> str:
    """The checksum, once for all pictures of a film that does not change meanwhile."""
    whole = size <= BLOCK * BLOCKS
    found = hashlib.sha256(str(size).encode())
    with film.open("rb") as file:
        for block in range(BLOCKS):
            file.seek(block * BLOCK if whole else (size - BLOCK) * block // (BLOCKS - 1))
            found.update(file.read(BLOCK))
    return found.hexdigest()


def _takes(source: str) -> bool:
    path = Path(source).expanduser()
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _images(source: str) -> InputImages:
    film = Path(source).expanduser()

    def opened() -> Iterator[InputImage]:
        video = Video(film)
        yield from (FilmPicture(film, frame) for frame in video.pictures())
        if video.damaged:
            warnings.warn(
                f"{video.damaged} packets of '{film}' are damaged; its pictures are counted without them", stacklevel=2
            )

    head = Video(film)
    return InputImages(Stream(opened), (film,), head.announce(), stream=film.name, rate=head.rate)


FILM = Kind("FILM", _takes, _images)
