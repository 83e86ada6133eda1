"""What a network must beat: a constant depth, and the mean depth map of the training set."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import lightning as L
import torch
from torch import Tensor

from gradunc.callbacks.batches import named
from gradunc.callbacks.processes import Numbering
from gradunc.callbacks.stages import Stage, StageCallback, metric_device, true_depth
from gradunc.data.loading.datamodule import DepthData
from gradunc.errors import InputError
from gradunc.metrics import DepthErrors, EvaluationProtocol, ImageRows
from gradunc.ops.disparity import resize
from gradunc.types import OutputSpace, Sample

SPACE = OutputSpace("depth", "scale")


class BaselineCallback(StageCallback):
    """Depth errors of two predictions that look at no image, both median-scaled.

    Args:
        protocol: range and crop; the alignment is always the median.
    """

    stages = ("test",)

    def __init__(self, protocol: EvaluationProtocol) -> None:
        # Nothing is learnt from these two going through PNG files.
        self.protocol = replace(protocol, alignment="median", name="custom")
        self.metrics = {"constant depth": DepthErrors(), "mean depth map": DepthErrors()}
        self.results: dict[str, dict[str, float]] = {}
        """Baseline -> depth errors of the last test."""
        self.per_image: dict[str, ImageRows] = {}
        """Baseline -> depth errors of every image of the last test."""
        self._numbering = Numbering()
        self._mean: Tensor | None = None

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Average the training depth.

        Raises:
            InputError: the training split has no true depth.
        """
        data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
        assert isinstance(data, DepthData)
        if self._mean is None:
            self._mean = mean_depth(islice(data.samples("train"), 1 if trainer.fast_dev_run else None))  # pyright: ignore[reportAttributeAccessIssue]
        self._numbering.begin()
        for metric in self.metrics.values():
            metric.reset()
            metric.to(metric_device(pl_module))

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Add a batch."""
        batch = named(batch)
        numbers = self._numbering.next(trainer, batch)
        if "depth" not in batch or self._mean is None:
            return
        for number, (truth, valid) in zip(numbers, true_depth(batch, metric_device(pl_module)), strict=True):
            mean = resize(self._mean.to(truth), (truth.shape[-2], truth.shape[-1]))[0]
            for name, guess in (("constant depth", torch.ones_like(truth)), ("mean depth map", mean)):
                selection = self.protocol.select(truth, guess, valid, SPACE)
                self.metrics[name].update(selection.truth, selection.prediction, number)

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Compute and keep."""
        self.results = {
            name: {key: float(value) for key, value in metric.compute().items()}
            for name, metric in self.metrics.items()
        }
        self.per_image = {name: metric.per_image() for name, metric in self.metrics.items()}


def mean_depth(samples: Iterable[Sample]) -> Tensor:
    """Mean true depth of every pixel, (1,1,H,W) [m]; unseen pixels get the overall mean."""
    total: Tensor | None = None
    count: Tensor | None = None
    for sample in samples:
        if "depth" not in sample:
            raise InputError("evaluation.baselines needs true depth in the training split; set it to false")
        depth = torch.where(sample.get("valid", sample["depth"] > 0), sample["depth"], 0.0)
        if total is None or count is None:
            total, count = torch.zeros_like(depth), torch.zeros_like(depth)
        if depth.shape != total.shape:
            depth = resize_nearest(depth, total)
        total += depth
        count += depth > 0
    assert total is not None, "the data module refuses empty splits"
    assert count is not None
    overall = total.sum() / count.sum().clamp_min(1)
    return torch.where(count > 0, total / count.clamp_min(1), overall)[None]


def resize_nearest(depth: Tensor, like: Tensor) -> Tensor:
    """Nearest resize of a sparse map (1,H,W) to another's size: unknown pixels stay unknown."""
    return torch.nn.functional.interpolate(depth[None], like.shape[-2:], mode="nearest")[0]
