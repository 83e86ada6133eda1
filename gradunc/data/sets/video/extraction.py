"""Pictures of a video in a cache folder: chosen once, written as JPEG, resumed after a break, complete or not used."""

import fcntl
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from PIL import Image
from rich.progress import Progress

from gradunc.data.array_files import fingerprint
from gradunc.data.formats import motion
from gradunc.data.formats.video import Video, VideoFrame
from gradunc.data.sets.video.extracted import (
    INDEX,
    JOURNAL,
    Extracted,
    Kept,
    journal_line,
    read_index,
    read_journal,
)
from gradunc.data.sets.video.selection import Selector
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.errors import InputError
from gradunc.files import write_bytes

VERSION = 1
"""Changes with the choice of pictures, so that old folders are left alone."""

DECIDING = ("min_motion", "cuts", "max_side")
"""Options that decide which pictures are kept and how; each value of them has a cache folder of its own."""

QUALITY = 95


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
        return read_index(folder)
    next(Video(video).pictures())  # raises before there is a folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder):
            if not (folder / INDEX).is_file():
                _fill(video, folder, options, progress=progress)
    except OSError as error:
        raise InputError(f"cannot write to '{folder}': {error.strerror or error}; set data.cache=FOLDER") from error
    return read_index(folder)


def _fill(video: Path, folder: Path, options: VideoSettings, *, progress: bool) -> None:
    """Write the pictures that are missing, then the index."""
    kept = read_journal(folder)
    source = Video(video)
    counts = {"kept": len(kept), "static": kept[-1].static if kept else 0, "blank": kept[-1].blank if kept else 0}
    selector = Selector(options.min_motion, cuts=options.cuts)
    decoded, size = 0, (0, 0)
    with (folder / JOURNAL).open("w") as journal:
        journal.writelines(journal_line(one) for one in kept)
        for picture in _tracked(source, progress=progress):
            decoded, size = decoded + 1, picture.size
            if kept and picture.index <= kept[-1].index:  # done before the break
                if picture.index == kept[-1].index:
                    selector.go_on(picture.gray(motion.LONGEST), kept[-1].sequence)
                continue
            choice = selector.choose(picture.gray(motion.LONGEST))
            if choice.kind == "kept":
                one = Kept(picture.index, picture.time, choice.sequence, counts["static"], counts["blank"])
                write_bytes(folder / one.file, _jpeg(picture, options.max_side))
                journal.write(journal_line(one))
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
    write_bytes(folder / INDEX, json.dumps(content).encode())


def _jpeg(picture: VideoFrame, longest: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture.rgb(longest)).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One process at a time; the system lets go of the lock of a process that dies."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tracked(source: Video, *, progress: bool) -> Iterator[VideoFrame]:
    with Progress(disable=not progress) as bar:
        task = bar.add_task(f"Reading {source.path.name}", total=None)
        for picture in source.pictures():
            bar.update(task, advance=1, total=source.expected)
            yield picture
