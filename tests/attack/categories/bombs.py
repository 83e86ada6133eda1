"""Small files that say they are enormous."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

from gradunc.data.formats.depth_files import read_depth
from gradunc.data.formats.depth_png import read_png16
from gradunc.data.image_files import load_image, read_image
from tests.attack.case import each
from tests.attack.originals import SHAPE

SIDES = (20_000, 30_000, 60_000, 65_500)


def png(side: int, random: Random, colour: int, bits: int, bytes_each: int) -> bytes:
    """A PNG file that claims to be a square, with all or only some of its rows."""
    packer, row = zlib.compressobj(9), b"\0" * (side * bytes_each + 1)
    rows = b"".join(packer.compress(row) for _ in range(random.choice([1, 200]))) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, bits, colour, 0, 0, random.choice([0, 1]))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _ppm(side: int, random: Random, originals: Path) -> bytes:
    return b"P6 %d %d 255\n" % (side, side) + b"\0" * 100


def _jpeg(side: int, random: Random, originals: Path) -> bytes:
    content = bytearray((originals / "images" / "plain.jpg").read_bytes())
    start = content.find(b"\xff\xc0") + 5
    content[start : start + 4] = struct.pack(">HH", side, side)
    return bytes(content)


def _bmp(side: int, random: Random, originals: Path) -> bytes:
    content = bytearray((originals / "images" / "plain.bmp").read_bytes())
    content[18:26] = struct.pack("<ii", side, side)
    return bytes(content)


def _npy(side: int, random: Random, originals: Path) -> bytes:
    """An array file whose header claims a square."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({side}, {side}), }}"
    padded = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded.encode() + np.zeros(100, "<f4").tobytes()


def _pfm(side: int, random: Random, originals: Path) -> bytes:
    return b"Pf\n%d %d\n-1\n" % (side, side) + b"\0" * 400


MAKERS: dict[str, Callable[[int, Random, Path], bytes]] = {
    ".png": lambda side, random, _: png(side, random, *random.choice([(2, 8, 3), (0, 16, 2)])),
    ".ppm": _ppm,
    ".jpg": _jpeg,
    ".bmp": _bmp,
    ".npy": _npy,
    ".pfm": _pfm,
}


def trial(folder: Path, random: Random, originals: Path) -> None:
    """Every reader of pictures and of depth; none of them may take gigabytes."""
    suffix = random.choice(sorted(MAKERS))
    path = folder / f"bomb{suffix}"
    path.write_bytes(MAKERS[suffix](random.choice(SIDES), random, originals))
    each(
        lambda: read_image(path),
        lambda: load_image(path, (32, 96)),
        lambda: load_image(path, (32, 96), SHAPE),
        lambda: read_png16(path),
        lambda: read_depth(path, 1.0),
    )
