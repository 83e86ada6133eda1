"""`source='drive/**/*.png'`: the images that a pattern finds; a path that exists is never read as one."""

import glob
from pathlib import Path

from gradunc.data.image_decoding import missing_path
from gradunc.data.inputs.files import images_below, looks_like_image
from gradunc.data.inputs.interface import InputImages, Kind
from gradunc.data.inputs.left_out import left_out, none_here
from gradunc.errors import InputError


def _images(source: str) -> InputImages:
    pattern = Path(source).expanduser()
    root = _fixed_part(pattern)
    if not root.is_dir():
        raise InputError(missing_path(root))
    files = sorted({Path(name) for name in glob.glob(str(pattern), recursive=True)})
    found = [file for file in files if looks_like_image(file)]
    if not found:
        raise none_here(f"for pattern '{source}'", files)
    return images_below(root, found, left_out(files))


def _fixed_part(pattern: Path) -> Path:
    """The leading folders of a pattern that hold no wildcard."""
    return next((folder for folder in pattern.parents if not glob.has_magic(str(folder))), Path())


PATTERN = Kind("GLOB", glob.has_magic, _images)
