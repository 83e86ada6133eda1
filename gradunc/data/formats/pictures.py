"""Opening image files of strangers: regular, of a size that fits into memory, by the decoders that were asked for.

Pillow alone: a damaged PNG kills a process inside torchvision's decoder (docs/security.md).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from gradunc.data.formats.file_kinds import HEAD, kind_within
from gradunc.errors import InputError
from gradunc.files import check_regular

LARGEST_FILE = 2**31
"""Bytes that no image or depth map has."""

LARGEST_IMAGE = 178_956_970
"""Pixels of the largest image that is decoded: where Pillow stops, too. In 8 bits that is 537 MB."""


def check_pixels(what: str, path: Path, size: Sequence[int]) -> None:
    """Refuse an image by its header, before memory is taken for its pixels.

    Args:
        what: the file is for the user, as in "image" or "depth".
        path: of the file.
        size: (H,W) or (W,H).

    Raises:
        InputError: more pixels than `LARGEST_IMAGE`: a damaged header, or a file made to fill the memory.
    """
    if size[0] * size[1] > LARGEST_IMAGE:
        raise InputError(
            f"{what} '{path}' announces {size[0]} x {size[1]} pixels, more than the {LARGEST_IMAGE} that are decoded; "
            "shrink it, or remove it if it is damaged"
        )


@contextmanager
def open_picture(path: Path, what: str, formats: Sequence[str]) -> Iterator[Image.Image]:
    """An open image whose pixels are not decoded yet; what is done with it may decode them.

    Args:
        path: of the file; its suffix does not count.
        what: it is for the user.
        formats: names of Pillow's decoders, the only ones that are tried.

    Raises:
        InputError: no regular file, empty, none of these formats, too many pixels, or damaged.
    """
    check_regular(path, what, LARGEST_FILE)
    try:
        with Image.open(path, formats=tuple(formats)) as image:
            check_pixels(what, path, image.size)
            yield image
    except InputError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged data
        raise InputError(f"cannot read {what} '{path}': {_cause(error, path, formats)}") from error


def _cause(error: Exception, path: Path, formats: Sequence[str]) -> str:
    if not isinstance(error, UnidentifiedImageError):
        return " ".join(str(error).split()) or type(error).__name__
    if not path.stat().st_size:
        return "the file is empty"
    names = [_NAMES.get(name, name) for name in formats]
    what = f"not a {', '.join(names[:-1])}{' or ' if names[1:] else ''}{names[-1]} file"
    with path.open("rb") as file:
        kind = kind_within(file.read(HEAD), path)
    return f"{what} but {kind.name}; {kind.advice}" if kind else what


_NAMES = {"WEBP": "WebP"}
