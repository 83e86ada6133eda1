"""HDF5 and MATLAB files, each opened for one read only: nothing open is shared between processes.

Needs h5py, and scipy for MATLAB files before 7.3: the extra `nyu`.
"""

import importlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.own_process import Ended, in_own_process
from gradunc.data.formats.pictures import LARGEST_IMAGE
from gradunc.errors import InputError, did_you_mean, shown
from gradunc.files import check_regular

LARGEST_MATLAB = 2**28
"""Bytes of a MATLAB file that holds lists; the published one has 3 kB."""

_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)
"""What h5py raises for damaged files, by the place of the damage."""


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """An open `h5py.File`; InputError for a missing, truncated or otherwise unreadable one, also while it is read."""
    h5py = _library("h5py", path)
    check_regular(path, "HDF5 file")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError(f"cannot read '{path}', copy or download it again: {_line(error)}") from error


def array(file: Any, key: str, path: Path) -> Any:
    """The `h5py.Dataset` of a key; InputError with the keys there are, if it is none or lies in another file."""
    links = file.id.links
    if not links.exists(key.encode()):
        hint = f"; it holds {', '.join(sorted(file))}" if len(file) else ""
        raise InputError(f"'{path}' has no '{key}'{hint}")
    # Another file could be any of this machine, also one that never ends; a link is not even followed.
    if links.get_info(key.encode()).type != _library("h5py", path).h5l.TYPE_HARD:
        raise InputError(f"'{key}' of '{path}' is a link to another place; take the published file")
    found = file[key]
    if not hasattr(found, "shape") or found.shape is None:
        raise InputError(f"'{key}' of '{path}' is no array")
    if found.external or found.is_virtual:
        raise InputError(f"'{key}' of '{path}' lies in another file; take the published file")
    return found


def values(file: Any, key: str, path: Path, index: int | None = None) -> NDArray[Any]:
    """The numbers of a key, or those at one position of its first axis.

    Raises:
        InputError: as `array`; more numbers than the largest image has (`LARGEST_IMAGE` pixels of three colours).
    """
    found = array(file, key, path)
    shape = found.shape if index is None else found.shape[1:]
    if math.prod(shape) > 3 * LARGEST_IMAGE:
        raise InputError(f"'{key}' of '{path}' announces {math.prod(shape)} numbers: no image has so many")
    return np.asarray(found if index is None else found[index])


def read_matlab(path: Path, *keys: str) -> list[NDArray[Any]]:
    """Numeric variables of a MATLAB file of any version, flattened; InputError for a missing file or variable."""
    check_regular(path, "MATLAB file", LARGEST_MATLAB)
    with path.open("rb") as file:
        is_hdf5 = file.read(10) == b"MATLAB 7.3"
    if is_hdf5:
        with open_hdf5(path) as file:
            return [values(file, key, path).ravel() for key in keys]
    reader = _library("scipy.io", path)
    try:
        # scipy (1.17) ends the process at some damaged files.
        return in_own_process(lambda: _read_old_matlab(reader, path, keys))
    except Ended as error:
        raise InputError(f"cannot read '{path}': it is damaged ({error} of the process that reads it)") from error


def _read_old_matlab(reader: Any, path: Path, keys: Sequence[str]) -> list[NDArray[Any]]:
    """Variables of a file of versions 4 to 7.2."""
    try:
        shapes = {name: shape for name, shape, _ in reader.whosmat(str(path))}
        if sum(math.prod(shapes.get(key, ())) for key in keys) <= LARGEST_MATLAB:
            content = reader.loadmat(str(path), variable_names=keys)
        else:
            raise InputError(f"'{path}' announces {shapes}: no list is so long")
    except InputError:
        raise
    except Exception as error:  # scipy raises several kinds for foreign files
        raise InputError(f"cannot read '{path}': {_line(error)}") from error
    for key in keys:
        if key not in content:
            hint = did_you_mean(key, shapes) or f"; it holds {', '.join(map(shown, sorted(shapes)[:10])) or 'nothing'}"
            raise InputError(f"'{path}' has no '{key}'{hint}")
    return [np.asarray(content[key]).ravel() for key in keys]


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _library(name: str, path: Path) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"reading '{path}' needs {name.split('.')[0]}: pip install 'gradunc[nyu]'") from error
