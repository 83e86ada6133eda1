"""Finding the files of people's own images: sequences, images in order, the depth file of each."""

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from gradunc.data.formats import depth_files, disparity_files, ordinal_files
from gradunc.data.image_files import SUFFIXES as IMAGE_SUFFIXES
from gradunc.errors import InputError, nearest, path_hint

IMAGES = "images"
TRUTH_SUFFIXES = {
    "depth": depth_files.SUFFIXES,
    "disparity": disparity_files.SUFFIXES,
    "ordinal": ordinal_files.SUFFIXES,
}
"""`data.folder.truth`, which is the name of the folder too -> suffixes of the files in it."""


def find_sequences(root: Path) -> dict[str, Path]:
    """Name -> folder that holds `images/`; names are paths below the root, the root itself has its own name.

    Raises:
        InputError: no such folder.
    """
    if not root.is_dir():
        raise InputError(f"data.root='{root}' is no folder{path_hint(root)}")
    found: dict[str, Path] = {}
    seen: set[Path] = set()
    for folder, subfolders, files in os.walk(root, followlinks=True):
        here = Path(folder)
        if here.resolve() in seen:  # links that lead back would never end
            subfolders.clear()
            continue
        seen.add(here.resolve())
        if IMAGES in subfolders:
            found[root.resolve().name if here == root else here.relative_to(root).as_posix()] = here
        elif here == root and any(Path(file).suffix.lower() in IMAGE_SUFFIXES for file in files):
            raise InputError(f"'{root}' has no folder '{IMAGES}'; move the images in it to '{root / IMAGES}'")
        subfolders[:] = sorted(name for name in subfolders if name not in (IMAGES, *TRUTH_SUFFIXES) and name[0] != ".")
    if not found:
        raise InputError(f"no folder '{IMAGES}' in '{root}' or below; data=folder reads ROOT/{IMAGES}/*.jpg or .png")
    return found


def has_truth(root: Path, kind: str = "depth") -> bool:
    """Whether a sequence has truth of a kind."""
    return any((folder / kind).is_dir() for folder in find_sequences(root).values())


def files_of_sequences(root: Path, kind: str = "depth") -> list[Path]:
    """All images, and the files of truth of the same names, whether or not truth is asked for."""
    found: list[Path] = []
    for folder in find_sequences(root).values():
        images = image_files(folder)
        stems = {image.stem for image in images}
        truth = (path for path in (folder / kind).glob("*") if path.suffix.lower() in TRUTH_SUFFIXES[kind])
        found += [*images, *(path for path in truth if path.stem in stems)]
    return found


def image_files(folder: Path) -> tuple[Path, ...]:
    """The images of a sequence in the order of their names, numbers by value; InputError for none."""
    files = _files(folder / IMAGES, IMAGE_SUFFIXES)
    if not files:
        raise InputError(f"no images in '{folder / IMAGES}' (suffixes: {', '.join(IMAGE_SUFFIXES)})")
    return files


def truth_files(folder: Path, images: Sequence[Path], kind: str = "depth", *, strict: bool = True) -> tuple[Path, ...]:
    """The file of truth of every image, of the same name.

    Raises:
        InputError: one is missing (strict), or all are. Otherwise the path of a missing one is where it should lie.
    """
    by_stem = {path.stem: path for path in _files(folder / kind, TRUTH_SUFFIXES[kind])}
    missing = [image for image in images if image.stem not in by_stem]
    if missing and (strict or len(missing) == len(images)):
        stem = missing[0].stem
        other = [by_stem[name].name for name in by_stem.keys() - {image.stem for image in images}]
        example = f", but '{(nearest(stem, other) or sorted(other))[0]}'" if other else ""
        first, *more = TRUTH_SUFFIXES[kind]
        suffixes = (
            f"'{stem}{first}'" + "".join(f", {one}" for one in more[:-1]) + "".join(f" or {one}" for one in more[-1:])
        )
        raise InputError(
            f"no {kind} for {len(missing)} of {len(images)} images in '{folder / IMAGES}': '{folder / kind}' holds no "
            f"{suffixes}{example}; without true depth set data.folder.ground_truth=false"
        )
    suffix = next(iter(by_stem.values())).suffix
    return tuple(by_stem.get(image.stem, folder / kind / f"{image.stem}{suffix}") for image in images)


def _files(folder: Path, suffixes: Sequence[str]) -> tuple[Path, ...]:
    """Visible files in the order of their names, numbers by value: `a2` before `a10`.

    Raises:
        InputError: two files of one stem.
    """
    if not folder.is_dir():
        return ()
    entries = [path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith(".")]
    files = sorted(entries, key=lambda path: (_natural(path.stem), path.name))
    for one, other in pairwise(sorted(files, key=lambda path: path.stem)):
        if one.stem == other.stem:
            raise InputError(f"'{one}' and '{other.name}' are two files of one name; keep one")
    return tuple(files)


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(digits), "") if digits else (-1, text) for digits, text in re.findall(r"(\d+)|(\D+)", name)]
