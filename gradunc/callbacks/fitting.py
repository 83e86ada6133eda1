"""Letting estimators learn from the trainer's data before the first batch is estimated."""

import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

import lightning as L
import torch
from rich.progress import track
from torch import Tensor, nn

from gradunc.data.loading.collate import collate
from gradunc.data.loading.datamodule import DepthData, to_float
from gradunc.errors import InputError
from gradunc.types import Sample, Split, UncertaintyEstimator
from gradunc.uncertainty.interface import Fitted, behind, images_wanted, wrapped
from gradunc.uncertainty.learned import Learned, checksum


class Fitting:
    """Sees to it that estimators have learned of the network as it is now, each once.

    Args:
        learned: keeps what was learned beside the checkpoint; None keeps nothing.
    """

    def __init__(self, learned: Learned | None) -> None:
        self.learned = learned
        self.estimators: Mapping[str, UncertaintyEstimator] = {}
        """Name -> estimator; those that learn nothing are left alone."""
        self._done: dict[str, tuple[object, int]] = {}
        """Name -> estimator that was made ready here, and the checksum of the network that it has learned of."""

    def waiting(self, name: str) -> bool:
        """Whether an estimator, or one that it wraps, has not learned yet."""
        asked = [self.estimators[one] for one in (name, *behind(name, self.estimators))]
        return any(isinstance(one, Fitted) and not one.is_fitted for one in asked)

    def ready(self, trainer: L.Trainer, pl_module: L.LightningModule, model: nn.Module) -> None:
        """Restore or fit what has not learned of these weights; estimators that others wrap come first.

        Raises:
            InputError: there is no data to learn from.
        """
        if any(isinstance(estimator, Fitted) for estimator in self.estimators.values()):
            weights = checksum(model)
            for name in self.estimators:
                self._ready(name, trainer, pl_module, model, weights)

    def _ready(
        self, name: str, trainer: L.Trainer, pl_module: L.LightningModule, model: nn.Module, weights: int
    ) -> None:
        estimator = self.estimators[name]
        for other, inner in self.estimators.items():
            if any(inner is one for one in wrapped(estimator)):
                self._ready(other, trainer, pl_module, model, weights)
        if not isinstance(estimator, Fitted):
            return
        known, of_weights = self._done.get(name, (None, 0))
        by_hand = estimator.is_fitted and known is not estimator
        if by_hand or (known is estimator and of_weights == weights):
            return
        found = None if self.learned is None else self.learned.load(name, model, behind(name, self.estimators))
        if found is not None and self.learned is not None:
            if trainer.is_global_zero:
                path = self.learned.path(name, model)
                print(f"uncertainty.{name} has learned before: '{path}' (remove it to learn again)", file=sys.stderr)
            estimator.restore({key: value.to(pl_module.device) for key, value in found.items()})
        else:
            self._fit(name, estimator, trainer, pl_module, model)
        self._done[name] = estimator, weights

    def _fit(
        self, name: str, estimator: Fitted, trainer: L.Trainer, pl_module: L.LightningModule, model: nn.Module
    ) -> None:
        data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
        if not isinstance(data, DepthData):
            raise InputError(
                f"estimator '{name}' learns from data before its first estimate; call its fit(batches) yourself, or "
                "give the trainer a DepthData"
            )
        # What is made in inference mode can never enter autograd.
        with torch.inference_mode(False):
            count = images_wanted(estimator)
            estimator.fit(batches(data, estimator.fit_split, pl_module.device, f"{name} learns", count))
        if self.learned is not None and trainer.is_global_zero and not trainer.fast_dev_run:  # pyright: ignore[reportAttributeAccessIssue]
            self.learned.save(name, model, estimator.learned(), behind(name, self.estimators))


def batches(
    data: DepthData, split: Split, device: torch.device, text: str = "", count: int | None = None
) -> Iterator[Sample]:
    """The samples of a split in order, `eval_batch_size` at a time, images in [0,1], on a device.

    Args:
        data: of the run.
        split: which part.
        device: where tensors go.
        text: of the progress bar; "" shows none.
        count: how many samples at most, evenly spread over the split; None = all.
    """
    size = len(data.split(split))
    total = size if count is None else min(size, count)
    samples = iter(track(data.samples(split, count), text, total=total, transient=True, disable=not text))
    while part := list(islice(samples, data.eval_batch_size)):
        batch = to_float(collate(part))
        moved = {key: value.to(device) if isinstance(value, Tensor) else value for key, value in batch.items()}
        yield cast(Sample, moved)
