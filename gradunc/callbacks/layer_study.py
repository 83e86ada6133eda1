"""The layer study: every layer x channel reduction x reference, ranked in one pass over the data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import lightning as L
import torch
from torch import Tensor, nn

from gradunc.callbacks.batches import named
from gradunc.callbacks.processes import Numbering
from gradunc.callbacks.stages import (
    Stage,
    StageCallback,
    depth_model_of,
    leave_inference_mode,
    metric_device,
    true_depth,
)
from gradunc.callbacks.true_reference import true_reference
from gradunc.errors import InputError
from gradunc.metrics import EvaluationProtocol, ImageRows, RankedBatch, Sparsification
from gradunc.types import Size
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient import limits
from gradunc.uncertainty.gradient.engine import Differentiated
from gradunc.uncertainty.gradient.maps import LayerMap, layer_map, to_image
from gradunc.uncertainty.gradient.reductions import CHANNELS
from gradunc.uncertainty.interface import awaits_depth

OneLayer = Callable[[nn.Module, str], GradientUncertainty]
"""Makes the ordinary estimator of one cell's reference and layer, for its cost."""


class Cell(NamedTuple):
    """What is compared: one row of the table."""

    reference: str
    layer: str
    channels: str


class LayerStudyCallback(StageCallback):
    """Rank the scores of all layers and channel reductions, from one backward pass per image and reference.

    Every number is that of an ordinary evaluation of `GradientUncertainty(model, [layer], reference, channels=...)`.

    Args:
        estimators: reference -> estimator whose layers are studied.
        one_layer: reference -> what makes the ordinary estimator of one layer; measures the cost of a cell.
        protocol: alignment, range and crop.
        model: dotted attribute of the LightningModule that holds the depth model.
    """

    stages = ("test",)

    def __init__(
        self,
        estimators: Mapping[str, GradientUncertainty],
        one_layer: Mapping[str, OneLayer],
        protocol: EvaluationProtocol,
        *,
        model: str = "depth_model",
    ) -> None:
        self.estimators, self.one_layer, self.protocol, self.attribute = dict(estimators), one_layer, protocol, model
        self.metrics: dict[Cell, Sparsification] = {}
        self.costs: dict[tuple[str, str], float] = {}
        """(reference, layer) -> plain forward passes that the ordinary estimate costs."""
        self.results: dict[Cell, dict[str, float]] = {}
        """Cell -> AUSE and AURG of the last test, over all processes."""
        self.per_image: dict[Cell, ImageRows] = {}
        """Cell -> AUSE and AURG of every image of the last test, over all processes."""
        self._numbering = Numbering()

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        """Let the test differentiate."""
        leave_inference_mode(trainer)

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Begin anew, with an empty metric for every cell, the same on every process."""
        cells = [
            Cell(reference, layer, channels)
            for reference, estimator in self.estimators.items()
            for layer in estimator.layers
            for channels in CHANNELS
        ]
        self.metrics = {cell: Sparsification().to(metric_device(pl_module)) for cell in cells}
        self.costs, self.results, self.per_image = {}, {}, {}
        self._numbering.begin()

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Add a batch; one without true depth passes by."""
        batch = named(batch)
        numbers = self._numbering.next(trainer, batch)
        if "depth" not in batch:
            return
        model = depth_model_of(pl_module, self.attribute)
        ranked = RankedBatch(self.protocol, model, true_depth(batch, metric_device(pl_module)), numbers)
        image: Tensor = batch["image"]
        for reference, estimator in self.estimators.items():
            given = true_reference(estimator, batch)
            if not any(name == reference for name, _ in self.costs):
                self._measure(reference, model, image[:1], {key: value[:1] for key, value in given.items()})
            parts = estimator.gradients(image, lambda grad, e=estimator: every_reduction(e, grad, image), **given)
            self._rank(reference, parts, ranked, (image.shape[-2], image.shape[-1]))

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Compute; every process must come here.

        Raises:
            InputError: images with truth, but not one finite score.
        """
        own = [
            sum(metric.images for metric in self.metrics.values()),
            sum(int(m.skipped) for m in self.metrics.values()),
        ]
        total = trainer.strategy.reduce(torch.tensor(own, device=pl_module.device), reduce_op="sum")
        ranked, skipped = cast(Tensor, total).tolist()
        if skipped and not ranked:
            raise InputError(
                f"not one of {skipped} scores of {len(self.metrics)} cells can be ranked: the depth of the network or "
                "its gradients are NaN or infinite, or no true depth counts; infer.py evaluate says which"
            )
        if not ranked:
            return
        self.results = {
            cell: {name: float(value) for name, value in metric.compute().items()}
            for cell, metric in self.metrics.items()
        }
        self.per_image = {cell: metric.per_image() for cell, metric in self.metrics.items()}

    def _measure(self, reference: str, model: nn.Module, image: Tensor, given: dict[str, Tensor]) -> None:
        for layer in self.estimators[reference].layers:
            estimator = self.one_layer[reference](model, layer)
            self.costs[reference, layer] = estimator.cost(image, **given)

    def _rank(self, reference: str, parts: Sequence[Differentiated[LayerMap]], ranked: RankedBatch, size: Size) -> None:
        images = ranked.images(torch.cat([part.depth for part in parts]))
        # Sparse truth as the reference limits the loss, not where its gradient is a score.
        estimator = self.estimators[reference]
        everywhere = awaits_depth(estimator)
        first = 0
        for part in parts:
            for layer, reduced in part.layers.items():
                resized = to_image(reduced, size)
                scores = estimator.by_depth(resized, part.depth, part.keep)
                valid = limits.known(estimator.model, scores, part.depth, None if everywhere else part.keep)
                for row, position in enumerate(range(first, first + len(scores))):
                    score, known = ranked.scores(position, scores[row : row + 1], valid[row : row + 1])
                    for channel, name in enumerate(CHANNELS):
                        metric = self.metrics[Cell(reference, layer, name)]
                        images[position].add(metric, score[channel], known[channel])
            first += len(part.depth)


def every_reduction(estimator: GradientUncertainty, gradient: Tensor, image: Tensor) -> LayerMap:
    """All reductions over the channels of one gradient side by side: (b,5,h,w) in the order of `CHANNELS`."""
    layer = layer_map(gradient, image, estimator.model)
    return layer._replace(values=torch.cat([reduction(layer.values) for reduction in CHANNELS.values()], 1))
