"""Files below a root that look like data and are not used: told by what is used, whatever the layout."""

import os
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

from gradunc.data.formats import depth_files, disparity_files, file_kinds, video
from gradunc.data.image_files import SUFFIXES as IMAGE_SUFFIXES
from gradunc.data.remarks import Note, notes

ARRAYS = (".bin", ".h5", ".hdf5", ".mat", ".npz", ".pcd")
"""Of depth maps and scans that some data sets read, or none."""

LIKE_DATA = frozenset(
    (
        *IMAGE_SUFFIXES,
        *depth_files.SUFFIXES,
        *disparity_files.SUFFIXES,
        *video.SUFFIXES,
        *file_kinds.PHOTOGRAPHS,
        *ARRAYS,
    )
)


def unused_files(
    root: Path,
    used: Iterable[Path],
    reads: str,
    ignored: Sequence[str] = (),
    *,
    within: Sequence[Path] = (),
    cache: Path | None = None,
) -> list[Note]:
    """Notes on folders no file of which is used, and on single files beside those that are.

    Args:
        root: is searched with all visible folders below it; links are followed. Names are relative to it.
        used: files; some need not exist.
        reads: what the data set reads, for the messages.
        ignored: patterns of names of files that belong to a layout and are of no use.
        within: folders below `root` that are searched in its place.
        cache: folder of what we keep, which is not searched.
    """
    known = {os.path.abspath(path) for path in used}
    at_home = {os.path.dirname(path) for path in known}
    folders: list[str] = []
    files: list[str] = []
    for folder, names in chain.from_iterable(_tree(place, cache) for place in within or (root,)):
        like_data = [name for name in names if _is_like_data(name, ignored)]
        full = os.path.abspath(folder)
        left = [name for name in like_data if os.path.join(full, name) not in known]
        here = folder.relative_to(root)
        if left and len(left) == len(like_data) and full not in at_home:
            folders.append(f"{here.as_posix()}/ with {len(left)} file{'s' if len(left) > 1 else ''}")
        else:
            files += [(here / name).as_posix() for name in left]
    return [
        *notes(f"folders with files like data are not used ({reads})", folders),
        *notes(f"files like data are not used, unlike those beside them ({reads})", files),
    ]


def _tree(root: Path, without: Path | None) -> Iterable[tuple[Path, Collection[str]]]:
    """Folders in the order of their names, with the names of their visible files; each folder once."""
    seen = set() if without is None else {os.path.realpath(without)}
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # links that lead back would never end
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if name[0] != ".")
        yield Path(folder), sorted(name for name in names if name[0] != ".")


def _is_like_data(name: str, ignored: Sequence[str]) -> bool:
    return os.path.splitext(name)[1].lower() in LIKE_DATA and not any(fnmatch(name, pattern) for pattern in ignored)
