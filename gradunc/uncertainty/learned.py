"""What an estimator has learned from data, kept beside the checkpoint of the network that it judges."""

import glob
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.names import LEARNED_FOLDER
from gradunc.ops.low_rank import merged
from gradunc.ops.wrappers import bare
from gradunc.types import Size
from gradunc.uncertainty.learned_file import Kept, Origin, Terms, read, terms_of, write
from gradunc.uncertainty.settings import EstimatorSettings


class Learned:
    """The files `NAME-NETWORK-TERMS.safetensors` of a folder.

    NETWORK is a checksum of the network's weights: a run has several checkpoints. TERMS is one of the options and the
    image size that it was learned under, so that what was learned under several lies side by side.

    Args:
        folder: of the files, see `folder_beside`.
        settings: name -> options of every configured estimator.
        size: height and width of the images that the network sees, or how they follow from each; None = each its own.
    """

    def __init__(self, folder: Path, settings: Mapping[str, EstimatorSettings], size: Size | str | None) -> None:
        self.folder, self.settings = folder, settings
        self._is_one_size = isinstance(size, tuple)
        self.size = "native" if size is None else size if isinstance(size, str) else f"{size[0]}x{size[1]}"

    def path(self, name: str, model: nn.Module, wraps: Sequence[str] = ()) -> Path:
        """Where an estimator keeps what it has learned of a network; arguments as for `save`."""
        return self.folder / f"{name}-{checksum(model):08x}-{self._terms(name, wraps).checksum():08x}.safetensors"

    def save(
        self,
        name: str,
        model: nn.Module,
        learned: Mapping[str, Tensor],
        wraps: Sequence[str] = (),
        origin: Origin | None = None,
    ) -> Path:
        """Write a whole file or none.

        Args:
            name: of the estimator.
            model: the network.
            learned: what was learned.
            wraps: names of the estimators that it has asked, whose options are part of what was learned.
            origin: the data that it was learned from.

        Raises:
            InputError: it cannot be written.
        """
        path = self.path(name, model, wraps)
        try:
            write(path, learned, self._terms(name, wraps), origin)
        except (OSError, SafetensorError) as error:
            raise InputError(f"what uncertainty.{name} has learned cannot be written to '{path}': {error}") from error
        return path

    def load(self, name: str, model: nn.Module, wraps: Sequence[str] = ()) -> Kept | None:
        """What was learned of this network under the same options at the same size; None if nothing was.

        Raises:
            InputError: a damaged file.
        """
        path = self.path(name, model, wraps)
        if not path.is_file():
            return None
        found = read(path)
        return found if terms_of(path) == self._terms(name, wraps) else None

    def missing(self, name: str, model: nn.Module, wraps: Sequence[str] = ()) -> str:
        """Why `load` gives nothing, and how to mend it: the rest of a line that begins with the estimator."""
        own = self._terms(name, wraps)
        files = sorted(self.folder.glob(f"{glob.escape(name)}-{checksum(model):08x}-*.safetensors"))
        others = [terms for path in files if (terms := terms_of(path)) is not None]
        sizes = sorted(one.size for one in others if one.options == own.options)
        if sizes:
            mend = f"run the verb fit with size={self.size}" if self._is_one_size else f"give size={sizes[0]}"
            asked = "each image's own size" if self.size == "native" else self.size
            return f"learned at {' and '.join(sizes)}, asked at {asked}; {mend}"
        if others:
            nearest = min((_differences(one, own, name) for one in others), key=len)
            return (
                f"learned under other options: {', '.join(nearest)}; give the same, or run the verb fit with data=NAME "
                "and the options of this call"
            )
        return (
            "learns from data before its first estimate: run the verb fit with data=NAME once, which leaves "
            f"'{self.path(name, model, wraps)}'"
        )

    def _terms(self, name: str, wraps: Sequence[str]) -> Terms:
        options = {one: asdict(self.settings[one]) for one in (name, *wraps)}
        return Terms(json.loads(json.dumps(options, default=str)), self.size)


def _differences(other: Terms, own: Terms, name: str) -> list[str]:
    """Options in which others differ from one's own, as the others have them."""
    found = [] if other.size == own.size else [f"size={other.size}"]
    for one in other.options.keys() | own.options.keys():
        theirs, ours = other.options.get(one, {}), own.options.get(one, {})
        where = "" if one == name else f"uncertainty.{one}."
        keys = [key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)]
        found += [f"{where}{key}={json.dumps(theirs.get(key)).strip(chr(34))}" for key in keys]
    return sorted(found)


def folder_beside(checkpoint: Path) -> Path:
    """`uncertainty/` in the folder of a run or export, or beside a file.

    >>> folder_beside(Path("runs/a/checkpoints/best-003.ckpt")).as_posix()
    'runs/a/uncertainty'
    """
    if checkpoint.is_dir():
        # One that was shared under this name has its own; that of a run has the run's.
        is_of_run = checkpoint.name == "export" and not (checkpoint / LEARNED_FOLDER).is_dir()
        base = checkpoint.parent if is_of_run else checkpoint
    else:
        base = checkpoint.parent.parent if checkpoint.parent.name == "checkpoints" else checkpoint.parent
    return base / LEARNED_FOLDER


def checksum(model: nn.Module) -> int:
    """A number that changes with any weight or buffer of a network (CRC-32 over names and values)."""
    total = 0
    for name, value in sorted(merged(bare(model).state_dict()).items()):
        total = zlib.crc32(name.encode(), total)
        total = zlib.crc32(bytes_of(value), total) if value.numel() else total
    return total


def bytes_of(values: Tensor) -> bytes:
    """The numbers of a tensor as they lie in memory, in their order."""
    values = values.detach().cpu().contiguous()
    # One value may have any stride and still count as contiguous; it has no view as bytes then.
    return values.as_strided((values.numel(),), (1,)).view(torch.uint8).numpy().tobytes()
