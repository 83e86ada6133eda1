"""Images that are files of their own."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from gradunc.data.formats.pictures import LARGEST_FILE
from gradunc.data.image_files import SUFFIXES, read_image
from gradunc.data.inputs.interface import InputImages
from gradunc.errors import InputError
from gradunc.files import check_regular

DEPTH, PANEL = ".depth.npy", ".panel.png"
"""Endings of the depth and of the panel of an image, whose results may lie among the images."""


@dataclass(frozen=True)
class ImageOfFile:
    """An image file."""

    path: Path
    name: str

    @property
    def label(self) -> str:
        """Its path."""
        return str(self.path)

    def read(self) -> Tensor:
        """See `read_image`."""
        return read_image(self.path)

    def identity(self) -> str:
        """A checksum of the file."""
        try:
            check_regular(self.path, "image", LARGEST_FILE)
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, InputError):
            return ""


def images_below(root: Path, paths: Sequence[Path], notes: Iterable[str] = ()) -> InputImages:
    """Files as images without panels of ours, named relative to a folder that holds all of them."""
    paths = [path for path in paths if not is_panel(path)]
    if any(".." in path.relative_to(root).parts for path in paths):
        root, paths = _without_parents(root, paths)
    images = tuple(ImageOfFile(path, path.relative_to(root).as_posix()) for path in paths)
    return InputImages(images, tuple(paths), len(images), tuple(notes))


def is_panel(path: Path) -> bool:
    """Whether an image is a panel of ours."""
    name = path.name.removesuffix(PANEL)
    return name != path.name and path.with_name(name + DEPTH).exists()


def looks_like_image(path: Path) -> bool:
    """Whether a folder with this file holds an image, by its suffix."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _without_parents(root: Path, paths: Iterable[Path]) -> tuple[Path, list[Path]]:
    """The images of a pattern with ".." in it, each once, and a folder that holds all of them."""
    plain = sorted({path.parent.resolve() / path.name for path in paths})
    root = root.resolve()
    if not all(path.is_relative_to(root) for path in plain):
        root = Path(os.path.commonpath([path.parent for path in plain]))
    return root, plain
