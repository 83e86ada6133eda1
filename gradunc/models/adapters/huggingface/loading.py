"""What loading the folders of both libraries of Hugging Face shares: silence, sizes first, refusals in one line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradunc.errors import InputError
from gradunc.files import check_regular
from gradunc.text_files import read_json

LARGEST_INDEX = 2**24
"""Bytes that a list of weight files can have."""


def first_line(error: BaseException) -> str:
    r"""Class and first line of an error.

    >>> first_line(ValueError("a\nb"))
    'ValueError: a'
    """
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def refused(folder: Path, library: Any, name: str, error: BaseException) -> InputError:
    """An `InputError` for a folder of which a library cannot load the network `name`."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return InputError(f"{folder}: {library.__name__} {library.__version__} loads no {name} ({reason})")


def check_size(folder: Path, weights: int) -> None:
    """Raise `InputError` for a network that is larger than its files, before any memory is taken for it.

    Args:
        folder: of the files.
        weights: how many its description says.
    """
    stored = 0
    for file in (one for suffix in ("safetensors", "bin") for one in folder.glob(f"*.{suffix}")):
        check_regular(file, "weight file")
        stored += file.stat().st_size
    if weights > stored:
        raise InputError(
            f"{folder}: its config describes {weights} weights, its files have {stored} bytes; download them again"
        )


def check_keys(folder: Path, name: str, missing: Sequence[str], left_over: Sequence[str]) -> None:
    """Raise `InputError` for weights that are missing or left over, which are named."""
    for what, keys in (("missing", missing), ("left over", left_over)):
        if keys:
            named = sorted(map(str, keys))
            more = f" and {len(named) - 3} more" if len(named) > 3 else ""
            raise InputError(f"{folder} does not fit {name}: {what}: {', '.join(named[:3])}{more}")


def names_files_there(index: Path) -> bool:
    """Whether all the files are there that a list of weight files, `*.safetensors.index.json`, names."""
    content = read_json(index, "list of weight files", LARGEST_INDEX)
    files = content.get("weight_map") if isinstance(content, dict) else None
    return isinstance(files, dict) and all((index.parent / str(one)).is_file() for one in set(map(str, files.values())))


@contextmanager
def quiet(library: Any) -> Iterator[None]:
    """Without a library's progress bars and reports: what is wrong becomes one line of ours."""
    logging = library.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
