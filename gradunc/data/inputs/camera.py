"""`source=0`: the pictures of a camera of this machine, until somebody ends it or `limit` is reached."""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from gradunc.data.formats.camera_device import Camera, camera
from gradunc.data.formats.video import VideoFrame
from gradunc.data.inputs.film import pixels
from gradunc.data.inputs.interface import InputImage, InputImages, Kind, Stream


@dataclass(frozen=True)
class CameraPicture:
    """One picture of a camera."""

    stream: str
    frame: VideoFrame

    @property
    def name(self) -> str:
        """Camera with the time at which it was started, and the number of the picture, from 0."""
        return f"{self.stream}/{self.frame.index:06d}"

    @property
    def label(self) -> str:
        """The same."""
        return self.name

    @property
    def time(self) -> float | None:
        """[s], see `TimedImage`."""
        return self.frame.time

    @cached_property
    def _pixels(self) -> Tensor:
        return pixels(self.frame)

    def read(self) -> Tensor:
        """See `film.pixels`."""
        return self._pixels

    def identity(self) -> str:
        """A checksum of the pixels: the next picture of that number is another one."""
        return hashlib.sha256(self._pixels.numpy().tobytes()).hexdigest()


def of_camera(device: Camera) -> InputImages:
    """The pictures of an open device; each start has names of its own, so that no recording replaces another."""
    stream = time.strftime(f"camera{device.number}-%Y%m%d-%H%M%S")

    def opened() -> Iterator[InputImage]:
        return (CameraPicture(stream, frame) for frame in device.pictures())

    return InputImages(Stream(opened), stream=stream, endless=True, live=True)


def _takes(source: str) -> bool:
    return re.fullmatch(r"[0-9]{1,2}", source, re.ASCII) is not None


CAMERA = Kind("CAMERA", _takes, lambda source: of_camera(camera(int(source))))
