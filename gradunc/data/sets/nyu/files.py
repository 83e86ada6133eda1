"""Where the images of NYU Depth V2 lie: the labelled .mat, the FastDepth tree, or lists of PNG files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from gradunc.data.formats import nyu
from gradunc.data.recorded.frames import Depth, ImageFile, ImageSource
from gradunc.data.recorded.sizes import usual_size
from gradunc.data.recorded.truth import DepthFile
from gradunc.data.recorded.views import Box, CroppedImage
from gradunc.data.sets.nyu.views import NyuDepth, NyuImage
from gradunc.errors import InputError, path_hint
from gradunc.text_files import excerpt, listed_path, read_lines
from gradunc.types import Size

PREFIXES = ("", "sync", "official_splits/test")
"""Folders below the root that paths of lists may be relative to, as the published preparation leaves them."""

FASTDEPTH = {"train": "train/*/*.h5", "test": "val/official/*.h5"}
"""Pattern of the files of a FastDepth tree."""


class NyuItem(NamedTuple):
    """One image of NYU Depth V2."""

    scene: str
    path: Path
    image: Callable[[Box | None, Size], ImageSource]
    """Part that is taken (None = all), and (H,W) of the whole images."""
    depth: Callable[[], Depth]
    focal: float | None = None
    """fx that a list states [px]."""


def labelled(root: Path, depth: str, splits: Path | None, part: str) -> tuple[list[NyuItem], tuple[int, int]]:
    """Items of "train" or "test" of the labelled file, and (H,W) of the images."""
    path = root / nyu.LABELLED_FILE
    count, size = nyu.labelled_size(path, depth)
    file = splits or root / nyu.SPLITS_FILE
    if not file.is_file():
        raise InputError(f"no '{file}', which divides '{path}' into 795 training and 654 test images{path_hint(file)}")
    scenes = nyu.read_scenes(path) or ["labelled"] * count

    def item(index: int) -> NyuItem:
        return NyuItem(
            scenes[index], path, lambda box, size: NyuImage(path, index, box, size), NyuDepth(path, index, depth)
        )

    return [item(index) for index in nyu.read_splits(file, count)[part]], size


def fastdepth(root: Path, part: str, *, strict: bool = True) -> tuple[list[NyuItem], tuple[int, int]]:
    """Items of "train" or "test" of a FastDepth tree, and (H,W) of the first image, see `usual_size`."""
    pattern = FASTDEPTH["train" if part == "train" else "test"]
    files = sorted(root.glob(pattern))
    if not files:
        raise InputError(f"no files '{pattern}' in '{root}'")

    def item(path: Path) -> NyuItem:
        return NyuItem(path.parent.name, path, lambda box, size: NyuImage(path, None, box, size), NyuDepth(path))

    return [item(path) for path in files], usual_size(files, nyu.fastdepth_size, strict=strict)


def listed(root: Path, file: Path, scale: float) -> list[NyuItem]:
    """Items of a list of lines `image depth [focal]`; `scale` is units per metre. InputError names the wrong line."""
    if not file.exists():
        raise InputError(f"no list '{file}'{path_hint(file)}")
    lines = [(number, line.split()) for number, line in enumerate(read_lines(file, "list"), start=1)]
    items = [_line(root, words, scale, f"'{file}' line {number}") for number, words in lines if words]
    if not items:
        raise InputError(f"the list '{file}' is empty")
    return items


def _line(root: Path, words: Sequence[str], scale: float, where: str) -> NyuItem:
    if len(words) not in (2, 3):
        raise InputError(f"{where} is not 'image depth' or 'image depth focal'")
    try:
        focal = float(words[2]) if len(words) == 3 else None
    except ValueError as error:
        raise InputError(f"{where}: the focal length '{excerpt(words[2])}' is no number") from error
    image, depth = (_find(root, listed_path(word, where), where) for word in words[:2])
    return NyuItem(
        image.parent.name,
        image,
        lambda box, size: ImageFile(image, size) if box is None else CroppedImage(image, box, size),
        DepthFile(depth, scale, "data.nyu.depth_scale"),
        focal,
    )


def _find(root: Path, name: str, where: str) -> Path:
    candidates = [root / prefix / name.lstrip("/") for prefix in PREFIXES]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise InputError(f"{where}: no file '{candidates[0]}'{path_hint(candidates[0])}")
    return found
