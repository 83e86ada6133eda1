"""Reading files of weights: tensors and plain values only, of whole and honest archives."""

import pickle
import re
import struct
import tarfile
import warnings
import zipfile
import zlib
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


def read_any_weights(path: Path) -> dict[str, Any]:
    """Load a file of safetensors or of `torch.save`, by its name; errors as of either."""
    return dict(read_safetensors(path)) if path.suffix.lower() == ".safetensors" else read_weight_file(path)


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


OF_ARCHIVES = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError),
    *(RuntimeError, ValueError, LookupError, OverflowError),
)
"""What `zipfile` raises for damaged archives: beside its own error those of what it reads with (RuntimeError: a flag
that says encrypted; NotImplementedError: an unknown method; ValueError: offsets and names)."""


def changed_entry(archive: zipfile.ZipFile) -> str | None:
    """The first part of an archive of `torch.save` that is not what was saved; None if all are, or nobody can know.

    PyTorch (2.14) loads changed numbers without a word. Files without checksums (`set_crc32_options(False)`) have 0.
    """
    entries = archive.infolist()
    # An entry that calls itself a folder (DOS attribute 0x10) has no content for PyTorch.
    folder = next((entry.filename for entry in entries if entry.external_attr & 0x10), None)
    return folder or (archive.testzip() if any(entry.CRC for entry in entries) else None)


def _check_archive(path: Path) -> None:
    """Refuse an archive that has changed, or takes more memory than its file has bytes.

    `torch.save` neither packs nor shares.
    """
    stored = path.stat().st_size
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            changed = changed_entry(archive) if unpacked <= stored else None
    except OF_ARCHIVES as error:
        raise InputError(f"{path} is no readable weight file (damaged archive: {error})") from error
    if changed is not None:
        raise InputError(f"{path} is no readable weight file (damaged: '{changed}' has changed)")
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
