"""How the checkpoints of a run lie on the disk: whole or not there, and the last one with the one before it."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO

from gradunc.errors import InputError
from gradunc.files import replacing, second_name

LAST, PREVIOUS = "last.ckpt", "previous.ckpt"
"""The newest checkpoint of a run, and the one that it has replaced."""


class WholeCheckpoints(TorchCheckpointIO):
    """Checkpoints that a kill or a power failure cannot damage.

    Lightning's own way (2.6) writes into the temporary folder and moves the file. If that is another file system, the
    move is a copy: a kill meanwhile leaves a part of a file in the place of the whole one, and a second one in the
    temporary folder. It also holds the file in memory. Here the file is written beside its target.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a whole file or none; what `last.ckpt` held becomes `previous.ckpt`.

        Raises:
            InputError: the disk is full, or refuses the file; the one before stays.
        """
        target = Path(path)
        try:
            with replacing(target, durable=True) as (aside,):
                # Through a file of Python's: PyTorch's own would not tell what the system said.
                with aside.open("wb") as file:
                    torch.save(checkpoint, file)
                if target.name == LAST and target.is_file():
                    second_name(target, target.with_name(PREVIOUS))
        except (OSError, RuntimeError) as error:  # RuntimeError: from the C++ code of `torch.save`
            raise InputError(
                f"checkpoint '{target}' cannot be written: {_reason(error)}; what was saved before is whole: make "
                f"room, then continue with resume={target.parent.parent}"
            ) from error


def _reason(error: BaseException) -> str:
    """What the system said, before PyTorch's C++ code missed the bytes that it has not written."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__context__
    return cause.strerror or str(cause) if cause is not None else str(error).splitlines()[0]
