"""People's own videos as frames for self-supervised training."""

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gradunc.data.formats.video import SUFFIXES
from gradunc.data.recorded.division import Division, divide, targets
from gradunc.data.recorded.frames import Frame, ImageFile
from gradunc.data.recorded.neighbours import NoNeighbours, least_length
from gradunc.data.recorded.readable import too_short
from gradunc.data.recorded.sizes import check_temporal
from gradunc.data.remarks import Note, Remarks
from gradunc.data.sets.video.extracted import Extracted
from gradunc.data.sets.video.extraction import extract
from gradunc.data.sets.video.lens import assumed_lens, lens_intrinsics
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.errors import InputError, path_hint
from gradunc.types import SPLITS, FrameIds, Split


def find_videos(root: str) -> dict[str, Path]:
    """Name -> file, for a video file, a folder (with all below it) or a pattern; names are relative to the folder.

    Raises:
        InputError: there is none.
    """
    path = Path(root).expanduser()
    if path.is_file():
        return {path.name: path}
    if path.is_dir():
        base, files = path, [file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES]
    elif glob.has_magic(root):
        files = [Path(name) for name in glob.glob(str(path), recursive=True)]
        base = Path(os.path.commonpath([file.parent for file in files])) if files else path
    else:
        raise InputError(f"data.root='{root}' is no video file and no folder{path_hint(path)}")
    found = {file.relative_to(base).as_posix(): file for file in files if file.is_file() and file.name[0] != "."}
    if not found:
        raise InputError(f"no video in data.root='{root}' (suffixes: {', '.join(SUFFIXES)})")
    return dict(sorted(found.items()))


def extract_all(
    root: str, options: VideoSettings, cache: Path, *, strict: bool = True
) -> tuple[dict[str, Extracted], list[Note]]:
    """Name -> what was kept of each video, read into the cache first if it is not there; notes on those left out.

    Args:
        root: see `find_videos`.
        options: which pictures are kept.
        cache: folder of extracted pictures.
        strict: a video that cannot be read is an error; False leaves it out with a note that names it.

    Raises:
        InputError: no video, or an unreadable one; without `strict`, if none can be read.
    """
    videos: dict[str, Extracted] = {}
    failed: list[InputError] = []
    for name, path in find_videos(root).items():
        try:
            videos[name] = extract(path, cache, options)
        except InputError as error:
            if strict:
                raise
            failed.append(error)
    if not videos and failed:
        raise failed[0]
    return videos, [Note(f"{error}; it is left out") for error in failed]


def video_frames(
    videos: Mapping[str, Extracted],
    split: Split,
    frames: FrameIds,
    options: VideoSettings,
    division: Division,
    *,
    remarks: Remarks | None = None,
) -> list[Frame]:
    """The frames of one split.

    The splits are made of whole videos where there are enough, else of the sequences between cuts, else of parts of
    these. Lists in `division` name videos, or sequences as `NAME/0`, `NAME/1`, ...

    Args:
        videos: see `extract_all`.
        split: train, val or test.
        frames: neighbours in time, counted in kept pictures of one sequence.
        options: tell the camera of all videos.
        division: of the videos.
        remarks: get a note on sequences that are too short.

    Raises:
        NoNeighbours: no picture has the source views.
        InputError: nothing is left for the split.
    """
    check_temporal(frames, "data=video")
    sequences = {
        f"{name}/{number}": (video, pictures)
        for name, video in videos.items()
        for number, pictures in video.sequences.items()
    }
    lengths = {name: len(pictures) for name, (_, pictures) in sequences.items()}
    result: list[Frame] = []
    parts = divide_videos(lengths, split, division, frames)
    for name, part in parts.items():
        video, pictures = sequences[name]
        images = [ImageFile(picture, video.size) for picture in pictures]
        matrix = lens_intrinsics(options, video.size)
        for position in targets(part, frames):
            sources = tuple(images[position + frame] for frame in frames if isinstance(frame, int))
            # Before and after a cut a film often shows the same place.
            film = name.rpartition("/")[0]
            assumed = assumed_lens(options)
            result.append(Frame(images[position], name, matrix, video.size, sources, scene=film, assumed=assumed))
    if remarks is not None:
        remarks.note(*too_short(parts, frames))
    if not result:
        raise _no_neighbours(videos, split, frames, options)
    return result


def _no_neighbours(
    videos: Mapping[str, Extracted], split: Split, frames: FrameIds, options: VideoSettings
) -> NoNeighbours:
    counts = "; ".join(f"{name}: {video.summary()}" for name, video in videos.items())
    still = any(video.static for video in videos.values())
    return NoNeighbours(
        f"no picture of the {split} split has all the neighbours {[*frames]} ({counts}): it needs "
        f"{least_length(frames)} successive pictures of one sequence; take a longer film, set data.division "
        f"with a larger share for {split}"
        + (f", or lower data.video.min_motion={options.min_motion:g}: it leaves pictures out" if still else "")
    )


def divide_videos(lengths: dict[str, int], split: Split, division: Division, frames: FrameIds = ()) -> dict[str, range]:
    """As `divide`, for sequences named `VIDEO/NUMBER`, with whole videos where there are enough.

    >>> divide_videos({"a.mp4/0": 5, "a.mp4/1": 4}, "test", Division(["a.mp4/0"], [], ["a.mp4/1"]))
    {'a.mp4/1': range(0, 4)}
    """
    owner = {name: name.rpartition("/")[0] for name in lengths}
    videos = dict.fromkeys(owner.values(), 0)
    for name, length in lengths.items():
        videos[owner[name]] += length
    if not isinstance(division.train, int | float):
        lists = {kind: _expanded(names, owner) for kind, names in zip(SPLITS, division.shares, strict=True)}
        return divide(lengths, split, replace(division, **lists))
    if len(videos) >= len(SPLITS):
        chosen = divide(videos, split, division)
        return {name: range(length) for name, length in lengths.items() if owner[name] in chosen}
    return divide(lengths, split, division, frames)


def _expanded(names: float | Sequence[str], owner: dict[str, str]) -> list[str]:
    """Sequences instead of videos."""
    assert not isinstance(names, int | float), "Division allows three lists or three numbers"
    result: list[str] = []
    for given in names:
        result += [name for name, video in owner.items() if video == given] or [given]
    return result
