"""Reading files of weights: tensors and plain values only, of whole and honest archives."""

import pickle
import re
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path
from reprlib import repr as short
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from gradunc.errors import InputError
from gradunc.files import check_regular
from gradunc.models.checkpoints.numpy_numbers import STAND_INS

_DAMAGE = (
    *(pickle.UnpicklingError, struct.error, tarfile.TarError, EOFError, OSError, RuntimeError, MemoryError),
    *(ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError, ImportError),
)
"""What `torch.load` raises on damaged files: a pickle is a program, whose instructions may meet anything."""


def read_weight_file(path: Path) -> dict[str, Any]:
    """Load tensors and plain values only; CUDA storages are mapped to the CPU, numbers of numpy become plain ones.

    Raises:
        InputError: no regular file, no weights in it, a damaged one, or one that unpacks to more than itself.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist")
    check_regular(path, "weight file")
    _check_archive(path)
    try:
        with torch.serialization.safe_globals(STAND_INS), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Detected pickle protocol")  # of files that are no weight files
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        raise InputError(f"{path} is no readable weight file{_reason(error)}") from error
    if not isinstance(loaded, dict):
        raise InputError(f"{path} holds a {type(loaded).__name__}, not a state dict")
    odd = next((key for key in loaded if not isinstance(key, str)), None)
    if odd is not None:
        raise InputError(f"{path} is no weight file: its key {short(odd)} is a {type(odd).__name__}, not a name")
    return loaded


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Load a `.safetensors` file on the CPU.

    Raises:
        InputError: no regular file, or a damaged one.
    """
    check_regular(path, "weight file")
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError, MemoryError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path} is no readable weight file: {reason}") from error


def _check_archive(path: Path) -> None:
    """Refuse an archive that takes more memory than its file has bytes: `torch.save` neither packs nor shares."""
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, NotImplementedError, struct.error) as error:
        raise InputError(f"{path} is no readable weight file (damaged archive: {error})") from error
    stored = path.stat().st_size
    if unpacked > stored:
        raise InputError(
            f"{path} is no weight file of torch.save: its {stored} bytes unpack to {unpacked}; save it anew, unpacked"
        )


def _reason(error: BaseException) -> str:
    """Why a file cannot be read, as far as PyTorch says it."""
    found = re.search(r"Unsupported (?:global|class|operand)[^\n]*?([\w.]+\.[\w.]+)", str(error))
    if found:
        return f": it holds a '{found[1]}', and only tensors and plain values are read; save a state dict"
    return f" ({type(error).__name__}); it may be truncated"
