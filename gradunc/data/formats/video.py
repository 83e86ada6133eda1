"""Video files as upright pictures, decoded one by one with PyAV (FFmpeg). Needs numpy, and `av` when used."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.files import check_regular

SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".webm", ".wmv")
"""What a folder is searched for, in lower case; a file that is named may have any suffix."""


FORMATS = ",".join(
    (
        *("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "mpeg", "mpegvideo", "asf", "ogg", "flv", "nut"),
        *("m4v", "h264", "hevc", "av1", "obu", "ivf", "mjpeg", "dv", "gif", "wav"),
    )
)
"""FFmpeg's readers that are tried. Its playlists are not among them: they name other files and addresses."""

THREADS = "SLICE"
"""Threads of frames hold a picture back for each thread: a camera would lag. Those of slices do not."""


class VideoFrame:
    """One decoded picture of a video; colours are made when they are asked for.

    Args:
        frame: of PyAV.
        index: number of the picture in the order of the video, from 0.
        aspect: width over height of one stored pixel; 1 but for old television formats.
    """

    def __init__(self, frame: Any, index: int, aspect: float = 1.0) -> None:
        self.index = index
        self.time: float | None = None if frame.time is None else float(frame.time)
        """[s] from the beginning of the file; steps may differ (variable frame rate)."""
        self._frame = frame
        self._turns = round(frame.rotation / 90) % 4
        self._stored = frame.height, max(1, round(frame.width * aspect))

    @property
    def size(self) -> tuple[int, int]:
        """(H,W) upright, with square pixels."""
        height, width = self._stored
        return (width, height) if self._turns % 2 else (height, width)

    def gray(self, longest: int) -> NDArray[np.float32]:
        """(h,w) in 0..255, the longer side at most `longest` pixels."""
        return self._pixels("gray", longest).astype(np.float32)

    def rgb(self, longest: int) -> NDArray[np.uint8]:
        """(h,w,3), the longer side at most `longest` pixels."""
        return self._pixels("rgb24", longest)

    def _pixels(self, kind: str, longest: int) -> NDArray[np.uint8]:
        height, width = shrunk(self._stored, longest)
        pixels = self._frame.reformat(width=width, height=height, format=kind, interpolation="AREA").to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, self._turns))  # both count counter-clockwise


@dataclass
class Video:
    """A video file; iterate over `pictures` once."""

    path: Path
    expected: int | None = None
    """Number of pictures that the file announces; None if it does not."""
    damaged: int = 0
    """Packets that could not be decoded so far."""
    rate: float | None = None
    """Pictures a second in the mean, where the file says it."""

    def pictures(self) -> Iterator[VideoFrame]:
        """All pictures in their order; packets that cannot be decoded are passed over and counted.

        Raises:
            InputError: no video file, or not one picture in it.
        """
        library = pyav(f"reading '{self.path}'")
        index = -1
        with self._open(library) as container:
            stream = container.streams.video[0]
            stream.thread_type = THREADS
            aspect = float(stream.sample_aspect_ratio or 1)
            for index, frame in enumerate(self._frames(library, container, stream)):
                yield VideoFrame(frame, index, aspect)
        if index < 0:
            raise InputError(f"video '{self.path}' has no picture that can be decoded ({self.damaged} damaged packets)")

    def announce(self) -> int | None:
        """Look at the head of the file alone; returns the number of pictures that it announces, if it does.

        Raises:
            InputError: no video file.
        """
        with self._open(pyav(f"reading '{self.path}'")):
            return self.expected

    def _open(self, library: Any) -> Any:
        """The open container, with at least one stream of pictures."""
        try:
            container = self._container(library)
        except library.error.FFmpegError as error:
            raise InputError(f"cannot read video '{self.path}': {_reason(error)}") from error
        if not container.streams.video:
            kinds = _kinds(container)
            container.close()
            raise InputError(f"'{self.path}' has no pictures, only {kinds}")
        stream = container.streams.video[0]
        self.expected, self.rate = stream.frames or None, float(stream.average_rate or 0) or None
        return container

    def _container(self, library: Any) -> Any:
        check_regular(self.path, "video")
        if self.path.stat().st_size == 0:
            raise InputError(f"cannot read video '{self.path}': the file is empty")
        limits = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
        return library.open(str(self.path), options=limits, metadata_errors="replace")

    def _frames(self, library: Any, container: Any, stream: Any) -> Iterator[Any]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                frames = packet.decode()
            except library.error.FFmpegError:
                self.damaged += 1
                if self.damaged > 1000:  # a demuxer that fails without end
                    return
                continue
            yield from (frame for frame in frames if not frame.is_corrupt)


def shrunk(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """(H,W) of the same shape whose longer side is at most `longest`.

    >>> shrunk((1080, 1920), 1280), shrunk((480, 640), 1280)
    ((720, 1280), (480, 640))
    """
    factor = min(1.0, longest / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def pyav(action: str) -> Any:
    """The module `av`, silent; `InputError` with what it is needed for if it is missing."""
    try:
        library: Any = importlib.import_module("av")
    except ImportError as error:
        raise InputError(f"{action} needs PyAV: pip install 'gradunc[video]'") from error
    # What FFmpeg prints about damaged packets is counted instead. And it must not print through Python: its threads
    # would wait for this one while this one, which closes a film, waits for them.
    library.logging.set_libav_level(library.logging.PANIC)
    library.logging.restore_default_callback()
    return library


def _reason(error: Any) -> str:
    return " ".join(str(error.strerror or error).split())


def _kinds(container: Any) -> str:
    return ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
