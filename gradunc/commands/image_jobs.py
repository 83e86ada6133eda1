"""What is to be done for every image of `infer.py predict`, and that all of it stays inside the output folder."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from gradunc.data.inputs import InputImage, InputImages
from gradunc.data.inputs.files import PANEL
from gradunc.errors import InputError
from gradunc.prediction.files import RECORD_FILE, both_endings, result_files
from gradunc.prediction.maps import ImageError

LONGEST_NAME, LONGEST_PATH = 255, 4095
"""Bytes of a file's name and of its whole path that common file systems take."""


class Job(NamedTuple):
    """One image."""

    image: InputImage
    files: list[Path]
    """Its results; the panel or the record last. Empty if none are written."""

    @property
    def name(self) -> str:
        """What its results are called, with "/"."""
        return self.image.name


@dataclass(frozen=True)
class Jobs:
    """The images of a call, in order.

    Args:
        output: folder of the results; a link to a folder is followed.
        images: of the source.
        estimators: names.
        ending: of the last file of each image, `PANEL` or `RECORD_FILE`; None = no file is written.

    Raises:
        InputError: a result would replace an image, or a link would take it out of `output`.
    """

    output: Path
    images: InputImages
    estimators: tuple[str, ...]
    ending: str | None = PANEL

    def __post_init__(self) -> None:
        _check_places(self.output, self._first, _occupied(self.images.files))

    def __iter__(self) -> Iterator[Job]:
        return (Job(image, self.files_of(image.name)) for image in self.images)

    @property
    def folders(self) -> set[Path]:
        """The folders that results go to."""
        return {files[-1].parent for files in self._first if files}

    def results(self) -> Iterator[list[Path]]:
        """The results of every image that may be there already; the panel last."""
        if self.images.stream is None:
            yield from self._first
            return
        folder = self.output / self.images.stream
        for ending in (PANEL, RECORD_FILE):
            for last in sorted(folder.glob(f"[0-9]*{ending}")):
                yield self.files_of(f"{self.images.stream}/{last.name.removesuffix(ending)}")

    @cached_property
    def _first(self) -> list[list[Path]]:
        """The results of all images, or of the first one of a stream, which has all of them in one folder."""
        stream = self.images.stream
        names = [f"{stream}/{0:06d}"] if stream is not None else [image.name for image in self.images]
        return [self.files_of(name) for name in names]

    def files_of(self, name: str) -> list[Path]:
        """The results of an image; see `Job.files`."""
        return [] if self.ending is None else result_files(self.output, name, self.estimators, self.ending)


def _occupied(files: Iterable[Path]) -> dict[str, Path]:
    """Place -> the file that lies there; of a link both ends are spared."""
    files = tuple(files)
    folders = {folder: os.path.realpath(folder) for folder in {file.parent for file in files}}
    places = {os.path.join(folders[file.parent], file.name): file for file in files}
    return places | {os.path.realpath(file): file for file in files if file.is_symlink()}


def _check_places(output: Path, results: Iterable[list[Path]], occupied: Mapping[str, Path]) -> None:
    """Raise `InputError` for results in the place of an image, or out of `output`."""
    inside, known = os.path.realpath(output), set[Path]()
    for files in filter(None, results):
        folder = files[0].parent
        parent = os.path.realpath(folder)
        if os.path.commonpath([inside, parent]) != inside:
            raise InputError(f"'{folder}' is a link that leads out of output='{output}'; remove the link")
        if folder not in known:
            known.add(folder)
            _check_folder(folder, parent, output, occupied)
        for file in (*files, *both_endings(files[-1])):
            image = occupied.get(os.path.join(parent, file.name))
            if image is not None:
                raise InputError(f"a result would replace the image '{image}'; set output=DIR")


def _check_folder(folder: Path, real: str, output: Path, occupied: Mapping[str, Path]) -> None:
    """Raise `InputError` for a folder of results in the place of a film or an image."""
    if real in occupied:
        raise InputError(f"the results need a folder '{folder}', where '{occupied[real]}' lies itself; set output=DIR")


def check_names(job: Job) -> None:
    """Raise `ImageError` for an image whose name leaves no room for the endings of its results."""
    for file in job.files:
        name, whole = len(os.fsencode(file.name)), len(os.fsencode(file.absolute()))
        if name > LONGEST_NAME or whole > LONGEST_PATH:
            raise ImageError(
                f"the results of '{job.name[:40]}...' would have a name of {name} bytes and a path of {whole}, at most "
                f"{LONGEST_NAME} and {LONGEST_PATH} are possible; rename the image, or set a shorter output=DIR",
                "predicted",
            )
