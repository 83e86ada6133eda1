"""Values of all processes of a run, and numbers of images that all of them agree on."""

from collections.abc import Mapping
from typing import Any

import lightning as L
import torch


def gather(trainer: L.Trainer, value: Any) -> list[Any]:
    """The value of every process, in every process."""
    if trainer.world_size == 1:
        return [value]
    values: list[Any] = [None] * trainer.world_size
    torch.distributed.all_gather_object(values, value)
    return values


class Numbering:
    """Numbers the images that this process sees, different from those of all others.

    The loader deals images out in turn (`data/loading/sampling.py`), so that the numbers are in the order of the data.
    Callbacks that see the same batches give the same numbers.
    """

    def __init__(self) -> None:
        self._seen = 0

    def begin(self) -> None:
        """A new pass."""
        self._seen = 0

    def next(self, trainer: L.Trainer, batch: Any) -> list[int]:
        """Numbers of the images of the next batch; none for one that is no mapping with `depth` or `image`."""
        known = batch if isinstance(batch, Mapping) else {}
        key = next((key for key in ("depth", "image") if key in known), None)
        first, self._seen = self._seen, self._seen + (0 if key is None else len(batch[key]))
        return [trainer.global_rank + trainer.world_size * place for place in range(first, self._seen)]
