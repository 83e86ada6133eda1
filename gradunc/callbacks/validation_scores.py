"""Scores of the uncertainty while a network trains: a few images of every validation."""

from typing import Any

import lightning as L
import torch
from torch import Tensor

from gradunc.callbacks.batches import named
from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of, metric_device, reached, true_depth
from gradunc.callbacks.uncertainty import UncertaintyCallback
from gradunc.data.loading.sampling import evenly_spread
from gradunc.metrics import EvaluationProtocol, RankedBatch, Sparsification


class ValidationScores(StageCallback):
    """Log `val/<estimator>/ause_rmse` and the other areas in the validations of `fit`.

    Only of a few images, since an estimate costs several passes; the same ones in every validation. Estimators that
    have to learn from data first are left out: they learn before the test.

    Args:
        protocol: alignment, range and crop.
        uncertainty: has the estimators.
        count: images, evenly spread over those that a validation sees; those without true depth are not scored.
        model: dotted attribute of the LightningModule that holds the depth model.
    """

    stages = ("val",)

    def __init__(
        self,
        protocol: EvaluationProtocol,
        uncertainty: UncertaintyCallback,
        count: int,
        *,
        model: str = "depth_model",
    ) -> None:
        self.protocol, self.uncertainty, self.count, self.attribute = protocol, uncertainty, count, model
        self.metrics = {name: Sparsification() for name in uncertainty.names}
        self._wanted: set[int] = set()

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Choose the images."""
        fits = trainer.state.fn == "fit" and not trainer.sanity_checking
        self._wanted = evenly_spread(reached(trainer, stage), self.count) if fits else set()
        for metric in self.metrics.values():
            metric.reset()
            metric.to(metric_device(pl_module))

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Score the chosen images of a batch."""
        batch = named(batch)
        if not self._wanted or "depth" not in batch or "index" not in batch:
            return
        indices = batch["index"].tolist()
        chosen = [position for position, index in enumerate(indices) if index in self._wanted]
        if not chosen:
            return
        part = {key: value[chosen] for key, value in batch.items() if isinstance(value, Tensor)}
        truths = true_depth(part, metric_device(pl_module))
        model = depth_model_of(pl_module, self.attribute)
        ranked = RankedBatch(self.protocol, model, truths, [indices[position] for position in chosen])
        for name, estimate in self.uncertainty.estimates(part).items():
            ranked.add(self.metrics[name], estimate)

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Log the means; every process must come here."""
        if not self._wanted:
            return
        own = torch.tensor([metric.images for metric in self.metrics.values()], device=pl_module.device)
        counts: Any = trainer.strategy.reduce(own, reduce_op="sum")
        logged = {
            f"val/{name}/{key}": value
            for (name, metric), images in zip(self.metrics.items(), counts.tolist(), strict=True)
            if images
            for key, value in metric.compute().items()
        }
        pl_module.log_dict(logged, sync_dist=False)
