"""HDF5 and MATLAB files, each opened for one read only: nothing open is shared between processes.

Needs h5py, and scipy for MATLAB files before 7.3: the extra `nyu`.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.errors import InputError, nearest, path_hint


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """An open `h5py.File`; InputError for a missing, truncated or otherwise unreadable one."""
    h5py = _library("h5py", path)
    if not path.is_file():
        raise InputError(f"no file '{path}'{path_hint(path)}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except OSError as error:
        raise InputError(f"cannot read '{path}', copy or download it again: {' '.join(str(error).split())}") from error


def array(file: Any, key: str, path: Path) -> Any:
    """The `h5py.Dataset` of a key; InputError with the nearest key if there is none."""
    if key not in file:
        hint = f"; it holds {', '.join(sorted(file))}" if len(file) else ""
        raise InputError(f"'{path}' has no '{key}'{hint}")
    return file[key]


def read_matlab(path: Path, *keys: str) -> list[NDArray[Any]]:
    """Numeric variables of a MATLAB file of any version, flattened; InputError for a missing file or variable."""
    if not path.is_file():
        raise InputError(f"no file '{path}'{path_hint(path)}")
    if path.read_bytes()[:10] == b"MATLAB 7.3":
        with open_hdf5(path) as file:
            return [np.asarray(array(file, key, path)).ravel() for key in keys]
    reader = _library("scipy.io", path)
    try:
        content = reader.loadmat(str(path))
    except Exception as error:  # scipy raises several kinds for foreign files
        raise InputError(f"cannot read '{path}': {' '.join(str(error).split())}") from error
    for key in keys:
        if key not in content:
            names = [name for name in content if not name.startswith("__")]
            hint = f"; did you mean '{nearest(key, names)[0]}'?" if names else ""
            raise InputError(f"'{path}' has no '{key}'{hint}")
    return [np.asarray(content[key]).ravel() for key in keys]


def _library(name: str, path: Path) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"reading '{path}' needs {name.split('.')[0]}: pip install 'gradunc[nyu]'") from error
