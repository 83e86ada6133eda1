"""Whether a checkpoint of a run is whole."""

import zipfile
from pathlib import Path
from typing import Any

from gradunc.errors import InputError
from gradunc.files import check_regular
from gradunc.models.checkpoints.weight_files import OF_ARCHIVES, changed_entry, read_weight_file

_SECTIONS = ("objective", "trainer", "data")

_OF_A_RUN: dict[str, type] = {
    "state_dict": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
    "loops": dict,
    "callbacks": dict,
    "epoch": int,
    "global_step": int,
}
"""What Lightning goes on from, beside the entry of ours."""


def read_checkpoint(checkpoint: Path) -> dict[str, Any]:
    """Everything that a checkpoint of train.py holds, on the CPU.

    Raises:
        InputError: a damaged file, or one of another program.
    """
    content = read_weight_file(checkpoint)
    entry = content.get("gradunc")
    if not isinstance(entry, dict):
        raise InputError(f"{checkpoint} is no checkpoint of train.py; give one, or model.weights= for weights alone")
    config = entry.get("config")
    if isinstance(config, dict) and all(isinstance(config.get(section, {}), dict) for section in _SECTIONS):
        return content
    raise InputError(f"{checkpoint} does not say how it was trained: its entry 'config' is missing or damaged")


def check_sound(checkpoint: Path) -> None:
    """Raise `InputError` for a checkpoint that no run can go on from.

    Everything in it is compared with its checksum (`changed_entry`).

    Raises:
        InputError: no regular file, a damaged one, or weights without the state of a training.
    """
    check_regular(checkpoint, "checkpoint")
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            changed = changed_entry(archive)
    except OF_ARCHIVES as error:
        raise InputError(f"checkpoint '{checkpoint}' is damaged ({' '.join(str(error).split())})") from error
    if changed is not None:
        raise InputError(f"checkpoint '{checkpoint}' is damaged ('{changed}' has changed)")
    content = read_checkpoint(checkpoint)
    wrong = [key for key, kind in _OF_A_RUN.items() if not isinstance(content.get(key), kind)]
    if wrong:
        raise InputError(
            f"checkpoint '{checkpoint}' does not hold where its training stood ({', '.join(wrong)}); begin a new one "
            f"with resume=null model.weights={checkpoint}"
        )
