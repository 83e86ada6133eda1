"""What is to be done for every image of `infer.py predict`, and that all of it stays inside the output folder."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from gradunc.errors import InputError
from gradunc.prediction.files import result_files
from gradunc.prediction.maps import ImageError

LONGEST_NAME, LONGEST_PATH = 255, 4095
"""Bytes of a file's name and of its whole path that common file systems take."""


class Job(NamedTuple):
    """One image."""

    path: Path
    name: str
    """Relative to the folder that all images lie in, with "/"."""
    files: list[Path]
    """Its results; the panel last."""


def jobs_of(output: Path, root: Path, paths: Iterable[Path], estimators: Iterable[str]) -> list[Job]:
    """The images and their results.

    Args:
        output: folder of the results; a link to a folder is followed.
        root: folder that names are relative to.
        paths: of the images, all below `root`.
        estimators: names.

    Raises:
        InputError: a result would replace an image, or a link would take it out of `output`.
    """
    names = list(estimators)
    jobs = [
        Job(path, name, result_files(output, name, names))
        for path in paths
        for name in (path.relative_to(root).as_posix(),)
    ]
    folders = {folder: os.path.realpath(folder) for job in jobs for folder in (job.path.parent, job.files[0].parent)}
    # Of a link among the images both ends are spared.
    images = {os.path.join(folders[job.path.parent], job.path.name) for job in jobs}
    images |= {os.path.realpath(job.path) for job in jobs if job.path.is_symlink()}
    inside = os.path.realpath(output)
    for job in jobs:
        parent = folders[job.files[0].parent]
        if os.path.commonpath([inside, parent]) != inside:
            raise InputError(f"'{job.files[0].parent}' is a link that leads out of output='{output}'; remove the link")
        for file in job.files:
            if os.path.join(parent, file.name) in images:
                raise InputError(f"a result of '{job.path}' would replace the image '{file}'; set output=DIR")
    return jobs


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
