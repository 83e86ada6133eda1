"""What damage does to files: flipped and lost bytes, wild numbers, odd words, and things that are no files at all."""

import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

NUMBERS = (0, 1, 255, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**20, 100_000)
WORDS = (
    *("nan", "inf", "-inf", "1e999", "0", "-1", "-0", "1e-320", "1e308", "9" * 400, "9" * 5000, "0x10", "1_0", "1,5"),
    *("", "\u0663", "\u00b2", "\x00", "\r", "\u2028", "\ufeff", "\ud7ff", "%s", "None", "true", "null", "[]", "{}"),
    *('"x"', "../../etc/passwd", "/dev/zero", "1 2 3 4 5 6 7 8 9 10 11 12 13", "99999999999999999999"),
)
TEXT_FILES = {".txt", ".json", ".yaml", ".csv"}
SPARSE = 20 << 30
"""Bytes of a file that takes no room on the disk."""


def damaged_bytes(content: bytes, random: Random) -> bytes:
    """Some of: a flipped bit, another byte, an early end, a wild number, bytes too many, too few or twice."""
    data = bytearray(content)
    for _ in range(random.choice([1, 1, 2, 4, 12])):
        if not data:
            data += random.randbytes(4)
        # Half of the damage goes to the head, where sizes and types stand.
        place = random.randrange(len(data) if random.random() < 0.5 else min(len(data), 64))
        random.choice(_BYTES)(data, place, random)
    return bytes(data)


def _flip(data: bytearray, place: int, random: Random) -> None:
    data[place] ^= 1 << random.randrange(8)


def _number(data: bytearray, place: int, random: Random) -> None:
    data[place : place + 4] = struct.pack(random.choice("<>") + "I", random.choice(NUMBERS))


def _long_number(data: bytearray, place: int, random: Random) -> None:
    data[place : place + 8] = struct.pack("<q", random.choice((-1, *NUMBERS)))


def _more(data: bytearray, place: int, random: Random) -> None:
    data[place:place] = random.randbytes(random.randrange(1, 40))


def _fewer(data: bytearray, place: int, random: Random) -> None:
    del data[place : place + random.randrange(1, 60)]


def _end(data: bytearray, place: int, random: Random) -> None:
    del data[random.randrange(len(data) + 1) :]


def _twice(data: bytearray, place: int, random: Random) -> None:
    other = random.randrange(len(data))
    data[place : place + 20] = data[other : other + 20]


_BYTES: tuple[Callable[[bytearray, int, Random], None], ...] = (
    *(_flip, _flip, _number, _long_number, _more, _fewer, _end, _twice),
)


def with_checksums(png: bytes) -> bytes:
    """A damaged PNG file whose chunks have correct checksums again, so that the damage reaches the decoder."""
    mended, place = png[:8], 8
    while place + 12 <= len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        body = png[place + 4 : place + 8 + min(length, len(png))]
        mended += struct.pack(">I", length) + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + length
    return mended


def damaged_text(text: str, random: Random) -> str:
    """Some of: another number or word, a lost or repeated line, an early end, an odd word in between."""
    for _ in range(random.choice([1, 1, 2, 3])):
        pattern = random.choice([r"[-+\d.eE]+", r"[A-Za-z_]\w*", r"^.*$", r"\b|$"])
        places = list(re.finditer(pattern, text, re.MULTILINE))
        if not places or random.random() < 0.1:
            text = text[: random.randrange(len(text) + 1)]
            continue
        start, end = random.choice(places).span()
        old = text[start:end]
        text = text[:start] + random.choice([*WORDS, old * 2, f"{old}\n{old}", "fx", "width"]) + text[end:]
    return text


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPARSE)


def _locked(path: Path) -> None:
    path.write_bytes(b"x")
    path.chmod(0)


NO_FILES: dict[str, Callable[[Path], object]] = {
    "empty": Path.touch,
    "folder": Path.mkdir,
    "fifo": os.mkfifo,
    "endless device": _link("/dev/zero"),
    "link to its folder": _link("."),
    "broken link": _link("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "no permission": _locked,
    "sparse": _sparse,
    "zeros": lambda path: path.write_bytes(b"\0" * 1000),
}
"""What may stand where a file is expected -> how it is made at a free place."""


def replaced(path: Path, random: Random) -> None:
    """Put something that is no file with data in the place of a file."""
    path.unlink()
    NO_FILES[random.choice(sorted(NO_FILES))](path)


def damage(path: Path, random: Random, share_replaced: float = 0.15) -> None:
    """Damage a file in place."""
    # What an earlier damage has made enormous is not read.
    if random.random() < share_replaced or path.stat().st_size == SPARSE:
        replaced(path, random)
        return
    content = path.read_bytes()
    if path.suffix in TEXT_FILES and random.random() < 0.85:
        path.write_bytes(damaged_text(content.decode(errors="replace"), random).encode("utf-8", "surrogatepass"))
        return
    content = damaged_bytes(content, random)
    mend = path.suffix == ".png" and random.random() < 0.5
    path.write_bytes(with_checksums(content) if mend else content)
