"""The folder that a command fills with results."""

from pathlib import Path

from gradunc.errors import InputError, unwritable


def check_output(folder: Path) -> None:
    """Raise `InputError` for a folder that is none of ours to fill."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"cannot write to '{folder}': it is a file; set output=DIR")
    if (folder / "checkpoints").is_dir():
        raise InputError(f"output='{folder}' is a run of train.py, whose metrics would be replaced; set output=DIR")


def make_output(folder: Path) -> None:
    """Make the folder of the results; `InputError` if that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
