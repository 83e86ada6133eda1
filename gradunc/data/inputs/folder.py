"""`source=photos/`: the images of a folder and of all visible folders in it."""

from pathlib import Path

from gradunc.data.inputs.files import images_below, looks_like_image
from gradunc.data.inputs.interface import InputImages, Kind
from gradunc.data.inputs.left_out import left_out, none_here


def _takes(source: str) -> bool:
    return Path(source).expanduser().is_dir()


def _images(source: str) -> InputImages:
    root = Path(source).expanduser()
    files = sorted(file for file in root.rglob("*") if not _is_hidden(file.relative_to(root)))
    found = [file for file in files if looks_like_image(file)]
    if not found:
        raise none_here(f"in folder '{root}'", files)
    return images_below(root, found, left_out(files))


def _is_hidden(path: Path) -> bool:
    """True for `.cache/a.png` and for `._a.jpg`, the no-image that macOS leaves beside every image."""
    return any(part.startswith(".") for part in path.parts)


FOLDER = Kind("FOLDER", _takes, _images)
