"""Pictures of a video in a cache folder: chosen once, written as JPEG, resumed after a break, complete or not used.

A folder holds the pictures, `journal.jsonl` with one line for each, and, once all is done, `index.json`.
"""

import fcntl
import io
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from rich.progress import Progress

from gradunc.data.array_files import fingerprint
from gradunc.data.formats import motion
from gradunc.data.formats.video import Picture, Video
from gradunc.data.sets.video.selection import Selector
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.errors import InputError

VERSION = 1
"""Changes with the choice of pictures, so that old folders are left alone."""

DECIDING = ("min_motion", "cuts", "max_side")
"""Options that decide which pictures are kept and how; each value of them has a cache folder of its own."""

QUALITY = 95
JOURNAL, INDEX = "journal.jsonl", "index.json"


@dataclass(frozen=True)
class Kept:
    """One picture in the cache; a line of the journal."""

    index: int
    """Its number in the video."""
    time: float | None
    """[s]."""
    sequence: int
    static: int
    """Pictures before it that were left out because the camera stood still."""
    blank: int
    """Pictures before it that showed nothing."""

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.index:08d}.jpg"


@dataclass(frozen=True)
class Extracted:
    """The pictures of a video."""

    folder: Path
    size: tuple[int, int]
    """(H,W) of the video, upright; kept pictures may be smaller."""
    pictures: tuple[Kept, ...]
    decoded: int
    static: int
    blank: int
    damaged: int
    """Packets that could not be decoded."""
    announced: int | None
    """Pictures that the file says it has."""

    @property
    def sequences(self) -> dict[int, list[Path]]:
        """Scene -> its pictures in time."""
        result: dict[int, list[Path]] = {}
        for picture in self.pictures:
            result.setdefault(picture.sequence, []).append(self.folder / picture.file)
        return result

    def summary(self) -> str:
        """One line about what was kept and what was not."""
        lost = f", {self.damaged} damaged packets" if self.damaged else ""
        cut_off = self.announced is not None and self.decoded < 0.9 * self.announced
        missing = f" (the file announces {self.announced}: it is damaged or cut off)" if cut_off else ""
        return (
            f"{len(self.pictures)} of {self.decoded} pictures kept in {len(self.sequences)} sequence(s){missing}; "
            f"left out: {self.static} without motion, {self.blank} blank{lost}"
        )


def extract(video: Path, cache: Path, options: VideoSettings, *, progress: bool = True) -> Extracted:
    """The kept pictures of a video, from the cache if they are there; several processes may ask at once.

    Args:
        video: the file.
        cache: folder of all videos.
        options: what is kept.
        progress: show a bar.

    Raises:
        InputError: the video cannot be read, nothing in it is worth keeping, or the cache cannot be written.
    """
    if not video.is_file():
        raise InputError(f"no video file '{video}'")
    facts = video.stat()
    key = {"name": video.name, "bytes": facts.st_size, "changed": facts.st_mtime_ns, "version": VERSION}
    folder = cache / f"{video.stem}-{fingerprint(key | {name: getattr(options, name) for name in DECIDING})}"
    if (folder / INDEX).is_file():
        return _read_index(folder)
    next(Video(video).pictures())  # raises before there is a folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder):
            if not (folder / INDEX).is_file():
                _fill(video, folder, options, progress=progress)
    except OSError as error:
        raise InputError(f"cannot write to '{folder}': {error.strerror or error}; set data.cache=FOLDER") from error
    return _read_index(folder)


def _fill(video: Path, folder: Path, options: VideoSettings, *, progress: bool) -> None:
    """Write the pictures that are missing, then the index."""
    kept = _read_journal(folder)
    source = Video(video)
    counts = {"kept": len(kept), "static": kept[-1].static if kept else 0, "blank": kept[-1].blank if kept else 0}
    selector = Selector(options.min_motion, cuts=options.cuts)
    decoded, size = 0, (0, 0)
    with (folder / JOURNAL).open("w") as journal:
        journal.writelines(_line(one) for one in kept)
        for picture in _tracked(source, progress=progress):
            decoded, size = decoded + 1, picture.size
            if kept and picture.index <= kept[-1].index:  # done before the break
                if picture.index == kept[-1].index:
                    selector.go_on(picture.gray(motion.LONGEST), kept[-1].sequence)
                continue
            choice = selector.choose(picture.gray(motion.LONGEST))
            if choice.kind == "kept":
                one = Kept(picture.index, picture.time, choice.sequence, counts["static"], counts["blank"])
                _write(folder / one.file, _jpeg(picture, options.max_side))
                journal.write(_line(one))
                journal.flush()
                kept.append(one)
            counts[choice.kind] += 1
    content = {
        "video": str(video.resolve()),
        "size": size,
        "decoded": decoded,
        "static": counts["static"],
        "blank": counts["blank"],
        "damaged": source.damaged,
        "announced": source.expected,
        "pictures": [asdict(one) for one in kept],
    }
    _write(folder / INDEX, json.dumps(content).encode())


def _read_index(folder: Path) -> Extracted:
    content: dict[str, Any] = json.loads((folder / INDEX).read_text())
    if not content["pictures"]:
        raise InputError(f"video '{content['video']}' shows nothing: all {content['decoded']} pictures are blank")
    pictures = tuple(Kept(**one) for one in content["pictures"])
    names = ("decoded", "static", "blank", "damaged", "announced")
    return Extracted(folder, tuple(content["size"]), pictures, **{name: content[name] for name in names})


def _read_journal(folder: Path) -> list[Kept]:
    """The pictures that an earlier attempt has finished; a line that was torn by a break ends the list."""
    path = folder / JOURNAL
    kept: list[Kept] = []
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            one = Kept(**json.loads(line))
        except (ValueError, TypeError):
            break
        if not (folder / one.file).is_file():
            break
        kept.append(one)
    return kept


def _line(one: Kept) -> str:
    return json.dumps(asdict(one)) + "\n"


def _jpeg(picture: Picture, longest: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture.rgb(longest)).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write a file that is absent or whole."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One process at a time; the system lets go of the lock of a process that dies."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tracked(source: Video, *, progress: bool) -> Iterator[Picture]:
    with Progress(disable=not progress) as bar:
        task = bar.add_task(f"Reading {source.path.name}", total=None)
        for picture in source.pictures():
            bar.update(task, advance=1, total=source.expected)
            yield picture
