"""Recorded images at a size and shape of their own: rows of a stereo pair do not meet any better for being reduced."""

from torch import Tensor

from gradunc.data.formats.video import shrunk
from gradunc.data.inspection.gray import gray, unit_range
from gradunc.data.inspection.pairs import LONGEST, PairShifts, pair_shifts
from gradunc.data.recorded.frame_cache import CachedImage
from gradunc.data.recorded.frames import Frame, ImageFile, ImageSource
from gradunc.data.recorded.sizes import image_size
from gradunc.errors import InputError
from gradunc.types import Size


def stored_size(frame: Frame) -> Size | None:
    """(H,W) of the stored image, where it is a file of its own that can be read."""
    image = _uncached(frame.image)
    try:
        return image_size(image.path) if isinstance(image, ImageFile) else None
    except InputError:
        return None


def stereo_shifts(frame: Frame | None, position: int, image: Tensor, source: Tensor) -> PairShifts | None:
    """Where the places of an image lie in that of the other camera.

    Args:
        frame: the files, which are read again as large as they are compared; None if there are none.
        position: of the other camera among the sources.
        image: (3,h,w) in [0,1], compared where there are no files.
        source: (3,h,w) of the other camera.

    Returns:
        In pixels of the stored image; None where too little of both matches.
    """
    stored = None if frame is None else stored_size(frame)
    if frame is not None and stored is not None:
        size = shrunk(stored, LONGEST)
        image, source = (unit_range(_uncached(one).load(size)) for one in (frame.image, frame.sources[position]))
    one, other = gray(image, LONGEST), gray(source, LONGEST)
    found = pair_shifts(one, other)
    height = image.shape[-2] if stored is None else stored[0]
    return None if found is None else found.scaled(height / one.shape[0])


def _uncached(image: ImageSource) -> ImageSource:
    return image.source if isinstance(image, CachedImage) else image
