"""Videos for tests, made with PyAV: small lossless ones that are read back exactly, and one as a phone makes it."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

HEIGHT, WIDTH = 96, 128


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(H,W,3) uint8: smooth noise with details of about 4 pixels, like a photograph at low resolution."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))[..., None]
    smooth = np.fft.ifft2(np.fft.fft2(noise, axes=(0, 1)) * np.exp(-((frequency * 8) ** 2)), axes=(0, 1)).real
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def pan(offsets: Sequence[int], seed: int = 0) -> list[np.ndarray]:
    """Pictures of a camera that looks at one wide scene, so many pixels further right in each."""
    scene = texture(HEIGHT, WIDTH + max(offsets), seed)
    return [scene[:, offset : offset + WIDTH] for offset in offsets]


def write_video(
    path: Path, pictures: Sequence[np.ndarray], *, times: Sequence[int] | None = None, rotation: int | None = None
) -> Path:
    """PNG in .mov, FFV1 in .mkv and .avi.

    Args:
        path: its suffix chooses the format.
        pictures: (H,W,3) uint8.
        times: of the pictures [ms]; 100 ms apart if not given.
        rotation: degrees counter-clockwise that a player must turn the pictures by.
    """
    with av.open(str(path), "w") as container:
        codec, kind = ("png", "rgb24") if path.suffix == ".mov" else ("ffv1", "bgr0")
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = kind
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format=kind)
            frame.time_base = Fraction(1, 1000)
            frame.pts = 100 * i if times is None else times[i]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if rotation is not None:
        mark_rotation(path, rotation)
    return path


def write_film(path: Path, count: int = 60, size: tuple[int, int] = (240, 320), step: int = 4) -> Path:
    """H.264 by x264, which several threads decode: a camera that moves to the right, 25 pictures a second.

    Args:
        path: `.mp4`, `.mkv` or `.mov`.
        count: of the pictures.
        size: (H,W), even numbers.
        step: pixels between two pictures.
    """
    height, width = size
    scene = texture(height, width + step * count)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        for i in range(count):
            pixels = np.ascontiguousarray(scene[:, step * i : step * i + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def mark_rotation(path: Path, rotation: int) -> None:
    """Write the matrix (a b u, c d v, x y w) of the track header of a .mov file, ISO/IEC 14496-12 8.3.2.

    Phones held upright write 0 1 0, -1 0 0: players turn the picture clockwise, which is a rotation of -90 here.
    """
    a, b, c, d = {90: (0, -1, 1, 0), -90: (0, 1, -1, 0), 180: (-1, 0, 0, -1)}[rotation]
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    assert content[matrix : matrix + 4] == b"\0\1\0\0", "the picture stands upright so far"
    numbers = np.array([a, b, 0, c, d, 0], dtype=">i4") * (1 << 16)
    content[matrix : matrix + 24] = numbers.astype(">i4").tobytes()
    path.write_bytes(bytes(content))
