"""What layouts share: small checks of what they find."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from gradunc.data.formats.pictures import open_picture
from gradunc.data.image_decoding import FORMATS, upright_size
from gradunc.data.recorded.shape import is_resized
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size

ASKED = 25
"""Files whose size is asked for to find the usual one."""

File = TypeVar("File")


def image_size(path: Path) -> tuple[int, int]:
    """(H,W) of a stored image, upright by its EXIF orientation, without decoding it; InputError if it is none."""
    with open_picture(path, "image", FORMATS) as image:
        return upright_size(image)


def usual_size(
    files: Iterable[File], read: Callable[[File], Size], *, strict: bool, others: Iterable[File] = ()
) -> Size:
    """(H,W) of the first file; unless `strict`, of most of the first that can be read: the others fail when loaded.

    Args:
        files: that should have one size.
        read: file -> its (H,W).
        strict: a file that cannot be read is an error.
        others: files to ask if not one of `files` can be read.

    Raises:
        InputError: that of the first file, if it is damaged (strict) or all are.
    """
    sizes: Counter[Size] = Counter()
    failed: InputError | None = None
    for group in (files, others):
        for file in group:
            try:
                sizes[read(file)] += 1
            except InputError as error:
                failed = failed or error
                if strict:
                    raise
            if strict or sizes.total() == ASKED:
                break
        if sizes:
            return sizes.most_common(1)[0][0]
    assert failed is not None, "layouts ask for the size of no empty list"
    raise failed


def check_aspect(what: str, size: tuple[int, int], whose: str, other: tuple[int, int]) -> None:
    """InputError unless one (H,W) is a resized form of the other."""
    if not is_resized(size, other):
        raise InputError(
            f"{what} is about {size[1]}x{size[0]} pixels, {whose} has {other[1]}x{other[0]}: another shape, so one of "
            "them was cropped or belongs to other data"
        )


def check_temporal(frames: FrameIds, kind: str) -> None:
    """InputError for source views that single-camera recordings do not have."""
    for frame in frames:
        if not isinstance(frame, int) or frame == 0:
            raise InputError(f"{kind} has one camera: the source view '{frame}' must be a neighbour in time, -1 or 1")
