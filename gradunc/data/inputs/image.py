"""`source=photo.jpg`: one image file, whatever its suffix but those of lists and films."""

from pathlib import Path

from gradunc.data.inputs.files import images_below
from gradunc.data.inputs.interface import InputImages, Kind


def _takes(source: str) -> bool:
    return Path(source).expanduser().is_file()


def _images(source: str) -> InputImages:
    path = Path(source).expanduser()
    return images_below(path.parent, [path])


IMAGE = Kind("IMAGE", _takes, _images)
