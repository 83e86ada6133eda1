"""A source as images: which kind it is, and which of its images are wanted."""

from pathlib import Path

from gradunc.data.image_decoding import missing_path
from gradunc.data.inputs.camera import CAMERA
from gradunc.data.inputs.film import FILM
from gradunc.data.inputs.folder import FOLDER
from gradunc.data.inputs.image import IMAGE
from gradunc.data.inputs.interface import InputImages, Kind
from gradunc.data.inputs.list_file import LIST
from gradunc.data.inputs.pattern import PATTERN
from gradunc.errors import InputError
from gradunc.fetching import is_url

SOURCES: dict[str, Kind] = {
    "list": LIST,
    "film": FILM,
    "image": IMAGE,
    "folder": FOLDER,
    "camera": CAMERA,
    "pattern": PATTERN,
}
"""Kinds of sources; the first that takes a source has it: a file or folder called 0 is no camera."""


def open_images(source: str | Path, *, every: int = 1, limit: int | None = None) -> InputImages:
    """The images of a source, without the panels that `predict` has left among them.

    Args:
        source: an image, a folder (searched with all visible folders in it), a pattern such as `drive/**/*.png`, a
            film, a `.txt` file that names an image a line, or the number of a camera.
        every: of these, every n-th image only: 1 = all.
        limit: most images; None = all.

    Returns:
        The images, in order; each is read when its `read` is called, those of films while they are iterated over.

    Raises:
        InputError: nothing is there, or nothing that is an image; of a path that does not exist, the nearest one is
            named. Or `every` or `limit` below 1.
    """
    text = str(source)
    found = source_kind(text).images(text)
    if found.total == 0 and found.stream is None:
        raise InputError(f"source='{text}' holds only results of earlier runs; give the images themselves")
    return found.some(every, limit)


def source_kind(source: str) -> Kind:
    """What a source is; opens no file.

    Raises:
        InputError: an address, or nothing; of a path that does not exist, the nearest one is named.
    """
    if is_url(source):
        raise InputError(f"'{source}' is an address; download it, and give the file")
    kind = next((one for one in SOURCES.values() if one.takes(source)), None)
    if kind is None:
        raise InputError(missing_path(Path(source).expanduser()))
    return kind
