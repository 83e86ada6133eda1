"""Arguments without a key: the path that a verb works on."""

import os
from collections.abc import Sequence
from pathlib import Path

from gradunc.errors import InputError


def bare_override(key: str, argument: str, before: Sequence[str]) -> str:
    """The argument as `key=argument`.

    Args:
        key: that it stands for.
        argument: as typed.
        before: the overrides so far.

    Raises:
        InputError: the key was given before: a shell makes many arguments of a pattern without quotes.
    """
    first = next((override for override in before if override.startswith(f"{key}=")), None)
    if first is not None:
        pattern = ", and a pattern in quotes: source='DIR/*.png'" if key == "source" else ""
        raise InputError(f"'{argument}' is a second {key} after '{first}'; give one{pattern}")
    return f"{key}={argument}"


def check_no_model(arguments: Sequence[str]) -> None:
    """Raise `InputError` for a call without checkpoint= or a file of keys, whose first bare path is a model."""
    if any(argument.startswith("checkpoint=") or argument.endswith((".yaml", ".yml")) for argument in arguments):
        return
    first = next((one for one in arguments if "=" not in one and not one.startswith("-")), None)
    if first is not None and _looks_like_model(Path(os.path.expanduser(first))):
        raise InputError(f"'{first}' is a model; give checkpoint={first}")


def _looks_like_model(path: Path) -> bool:
    """A checkpoint, an export, a folder of published weights, or a run."""
    # Not `Path.exists`, which raises for names longer than the file system has.
    return path.suffix == ".ckpt" or any(
        os.path.exists(path / name) for name in ("config.json", "encoder.pth", "export")
    )
