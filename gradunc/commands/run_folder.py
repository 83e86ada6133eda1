"""The folder of a run: never one that another run has written, except to resume it."""

import os
from datetime import datetime
from pathlib import Path

from gradunc.config import TrainConfig
from gradunc.errors import InputError, unwritable

SHARED = "GRADUNC_RUN_FOLDER"
"""Processes that Lightning starts for DDP run the same command; they learn the folder from the first one. Under
torchrun or SLURM, where nobody is first, the user sets it."""


def process_rank() -> int:
    """Rank of this process as launchers tell it; 0 without a launcher."""
    return int(next((os.environ[key] for key in ("RANK", "LOCAL_RANK", "SLURM_PROCID") if key in os.environ), "0"))


def shared_folder() -> Path | None:
    """The folder that this process was told, if a launcher has started it."""
    return Path(os.environ[SHARED]) if _launched() and SHARED in os.environ else None


def _launched() -> bool:
    return any(key in os.environ for key in ("LOCAL_RANK", "SLURM_PROCID"))


def run_folder(config: TrainConfig, resumed: Path | None) -> Path:
    """The folder of the run that goes on (`resumed`), or a new one `output/name/date-time`.

    Raises:
        InputError: it cannot be created, or several processes could not agree on it.
    """
    shared = shared_folder()
    if shared is not None:
        shared.mkdir(parents=True, exist_ok=True)
        return shared
    if _launched() and int(os.environ.get("WORLD_SIZE", os.environ.get("SLURM_NTASKS", "1"))) > 1:
        raise InputError(f"set {SHARED} to the folder of this run: processes of torchrun or SLURM cannot agree on one")
    folder = _create(config, resumed)
    os.environ[SHARED] = str(folder)
    return folder


def _create(config: TrainConfig, resumed: Path | None) -> Path:
    if resumed is not None:
        return resumed
    base = Path(config.output, config.name, datetime.now().strftime("%Y%m%d-%H%M%S"))
    for attempt in range(1, 1000):
        folder = base if attempt == 1 else base.with_name(f"{base.name}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise unwritable(folder, error, "create the run folder") from error
        return folder
    raise InputError(f"'{base}' and its numbered neighbours exist already; set name= or output=")


def discard(*folders: Path) -> None:
    """Remove a folder in which nothing was written, and those above it, the nearest first, that are empty then."""
    for path in folders:
        try:
            path.rmdir()
        except OSError:
            return
