"""Writing a film with PyAV (FFmpeg): pictures in, one file out, of a size that every player takes."""

from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.film_kinds import FILM_KINDS, FilmKind
from gradunc.data.formats.video import pyav
from gradunc.errors import InputError

TICKS = 60_000
"""Time steps of a second, in which pictures are placed: whole ones of all usual rates, and no more than MPEG-4 has."""
BT709 = 1
"""FFmpeg's number of the colours that players take for granted in films of this size."""
NOTE = "comment"
"""Key of the metadata that every container of `FILM_KINDS` keeps."""


def encoder_for(film: Path) -> tuple[FilmKind, str]:
    """Container and encoder by the suffix of a film.

    Raises:
        InputError: PyAV is missing, or was built without every such encoder.
    """
    kind = FILM_KINDS[film.suffix.lower()]
    library = pyav(f"writing '{film.name}'")
    for name in kind.encoders:
        try:
            library.codec.Codec(name, "w")
        except library.codec.codec.UnknownCodecError:
            continue
        return kind, name
    others = ", ".join(suffix for suffix, one in FILM_KINDS.items() if one.encoders != kind.encoders)
    raise InputError(
        f"this PyAV has no encoder for '{film.name}' ({', '.join(kind.encoders)}); pip install -U av, or name the film "
        f"{others}"
    )


class VideoWriter:
    """Encodes pictures into an open file; leaving the context completes it.

    Args:
        path: of the file, under whatever name it is written.
        kind: its container, see `encoder_for`.
        encoder: of PyAV.
        rate: pictures a second that the file announces.
        note: kept in the metadata, see `note_of`.
    """

    def __init__(self, path: Path, kind: FilmKind, encoder: str, rate: float, note: str) -> None:
        self._library = pyav(f"writing '{path.name}'")
        self._path, self._kind, self._encoder = path, kind, encoder
        self._rate, self._note = Fraction(rate).limit_denominator(1001), note
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def __enter__(self) -> Self:
        options = {"movflags": "faststart"} if self._kind.container in ("mp4", "mov") else {}
        with self._as_os_error():
            self._container = self._library.open(str(self._path), "w", format=self._kind.container, options=options)
        self._container.metadata[NOTE] = self._note
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            # What is left is thrown away; the packets that the encoder still holds need not be waited for.
            try:
                self._container.close()
            except (OSError, self._library.error.FFmpegError):
                return
            return
        with self._as_os_error():
            if self._stream is not None:
                self._container.mux(self._stream.encode(None))
            self._container.close()

    def add(self, picture: NDArray[np.uint8], time: float) -> None:
        """One more picture.

        Args:
            picture: (H,W,3), of the same size at every call; an odd side gets one more row or column, a copy of the
                last one, because colours are kept at half of the resolution.
            time: [s] from the beginning; one that is not after the last picture's is moved behind it.

        Raises:
            OSError: the file cannot be written.
        """
        picture = even(picture)
        with self._as_os_error():
            if self._stream is None:
                self._stream = self._added(picture.shape[0], picture.shape[1])
            frame = self._library.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
            self._last = max(self._last + 1, round(time * TICKS))
            frame.pts, frame.time_base = self._last, Fraction(1, TICKS)
            self._container.mux(self._stream.encode(frame))

    def _added(self, height: int, width: int) -> Any:
        fast = {"crf": "20", "preset": "veryfast"} if self._encoder == "libx264" else {"crf": "32", "deadline": "good"}
        stream = self._container.add_stream(self._encoder, rate=self._rate, options=fast)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        codec = stream.codec_context
        codec.thread_type = "SLICE"
        codec.time_base = Fraction(1, TICKS)
        codec.colorspace = codec.color_primaries = codec.color_trc = codec.color_range = BT709
        if self._encoder not in ("libx264", "libvpx-vp9"):
            codec.bit_rate = max(1_000_000, height * width * 4)
        return stream

    def _as_os_error(self) -> "_AsOSError":
        return _AsOSError(self._library.error.FFmpegError)


class _AsOSError:
    """What FFmpeg raises as an error of the system: a disk that is full is none of its own."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        if isinstance(error, self._kind) and not isinstance(error, OSError):
            number, text = getattr(error, "errno", None) or 5, getattr(error, "strerror", None) or str(error)
            raise OSError(number, f"FFmpeg says: {text}") from error


def even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H,W,3) with the last row and column twice, where their number is odd.

    >>> even(np.zeros((3, 4, 3), dtype=np.uint8)).shape
    (4, 4, 3)
    """
    odd = picture.shape[0] % 2, picture.shape[1] % 2
    return np.pad(picture, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge") if any(odd) else picture


def note_of(film: Path) -> str:
    """What a film says of itself in its metadata; "" if it says nothing or is no film, not even a file."""
    if not film.is_file():
        return ""
    library = pyav(f"reading '{film.name}'")
    try:
        with library.open(str(film), options={"protocol_whitelist": "file"}, metadata_errors="replace") as container:
            return next((value for key, value in container.metadata.items() if key.lower() == NOTE), "")
    except (OSError, library.error.FFmpegError):
        return ""
