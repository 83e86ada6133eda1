"""What layouts share: small checks of what they find."""

from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image

from gradunc.data.shape import is_resized
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size

_SIDEWAYS = (5, 6, 7, 8)
_ORIENTATION = 0x0112


def image_size(path: Path) -> tuple[int, int]:
    """(H,W) of a stored image, upright by its EXIF orientation, without decoding it; InputError if it is none."""
    try:
        with Image.open(path) as file:
            width, height = file.size
            sideways = file.getexif().get(_ORIENTATION) in _SIDEWAYS
    except Exception as error:  # Pillow raises nearly anything on damaged data
        raise InputError(f"cannot read image '{path}': {' '.join(str(error).split())}") from error
    return (width, height) if sideways else (height, width)


def first_size(paths: Iterable[Path], read: Callable[[Path], Size] = image_size, *, strict: bool) -> Size:
    """(H,W) of the first file; unless `strict`, of the first that can be read: the others fail when they are loaded.

    Raises:
        InputError: that of the first file, if it is damaged (strict) or all are.
    """
    failed: InputError | None = None
    for path in paths:
        try:
            return read(path)
        except InputError as error:
            failed = failed or error
            if strict:
                break
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
