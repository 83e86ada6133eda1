"""Whether stored images are resized to a shape far from theirs."""

from gradunc.data.network_input import stretch_warning
from gradunc.data.recorded.frames import FrameDataset, ImageFile
from gradunc.data.recorded.sizes import image_size
from gradunc.data.remarks import Note
from gradunc.errors import InputError


def resize_notes(data: FrameDataset) -> list[Note]:
    """Notes on the resize of the first image that is a file of its own; none if it cannot be read."""
    image = data.frames[0].image
    if not isinstance(image, ImageFile):
        return []
    try:
        found = stretch_warning(image_size(image.path), data.size)
    except InputError:  # it is told when its sample is read
        return []
    return [Note(found, kind="resized")] if found else []
