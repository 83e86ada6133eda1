"""What an estimator has learned from data, kept beside the checkpoint of the network that it judges."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.files import replacing
from gradunc.ops.wrappers import bare
from gradunc.uncertainty.settings import EstimatorSettings


class Learned:
    """The files `NAME-NETWORK.safetensors` of a folder, each with the options that it was learned under.

    NETWORK is a checksum of the network's weights: a run has several checkpoints.

    Args:
        folder: of the files, see `folder_beside`.
        settings: name -> options of every configured estimator.
    """

    def __init__(self, folder: Path, settings: Mapping[str, EstimatorSettings]) -> None:
        self.folder, self.settings = folder, settings

    def path(self, name: str, model: nn.Module) -> Path:
        """Where an estimator keeps what it has learned of a network."""
        return self.folder / f"{name}-{checksum(model):08x}.safetensors"

    def save(self, name: str, model: nn.Module, learned: Mapping[str, Tensor], wraps: Sequence[str] = ()) -> Path:
        """Write a whole file or none.

        Args:
            name: of the estimator.
            model: the network.
            learned: what was learned.
            wraps: names of the estimators that it has asked, whose options are part of what was learned.

        Raises:
            InputError: it cannot be written.
        """
        tensors = {key: value.detach().cpu().contiguous().clone() for key, value in learned.items()}
        path = self.path(name, model)
        try:
            with replacing(path, durable=True) as (aside,):
                save_file(tensors, aside, metadata={"settings": self._text(name, wraps)})
        except (OSError, SafetensorError) as error:
            raise InputError(f"what uncertainty.{name} has learned cannot be written to '{path}': {error}") from error
        return path

    def load(self, name: str, model: nn.Module, wraps: Sequence[str] = ()) -> dict[str, Tensor] | None:
        """What was learned of this network under the same options; None if nothing was.

        Raises:
            InputError: a damaged file.
        """
        path = self.path(name, model)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                if (file.metadata() or {}).get("settings") != self._text(name, wraps):
                    return None
                return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        except (OSError, SafetensorError) as error:
            raise InputError(f"'{path}' is damaged ({error}); remove it, then it is learned again") from error

    def _text(self, name: str, wraps: Sequence[str]) -> str:
        options = {one: asdict(self.settings[one]) for one in (name, *wraps)}
        return json.dumps(options, sort_keys=True, default=str)


def folder_beside(checkpoint: Path) -> Path:
    """`uncertainty/` in the folder of a run or export, or beside a file.

    >>> folder_beside(Path("runs/a/checkpoints/best-003.ckpt")).as_posix()
    'runs/a/uncertainty'
    """
    if checkpoint.is_dir():
        base = checkpoint.parent if checkpoint.name == "export" else checkpoint
    else:
        base = checkpoint.parent.parent if checkpoint.parent.name == "checkpoints" else checkpoint.parent
    return base / "uncertainty"


def checksum(model: nn.Module) -> int:
    """A number that changes with any weight or buffer of a network (CRC-32 over names and values)."""
    total = 0
    for name, value in sorted(bare(model).state_dict().items()):
        total = zlib.crc32(name.encode(), total)
        total = zlib.crc32(bytes_of(value), total) if value.numel() else total
    return total


def bytes_of(values: Tensor) -> bytes:
    """The numbers of a tensor as they lie in memory, in their order."""
    values = values.detach().cpu().contiguous()
    # One value may have any stride and still count as contiguous; it has no view as bytes then.
    return values.as_strided((values.numel(),), (1,)).view(torch.uint8).numpy().tobytes()
