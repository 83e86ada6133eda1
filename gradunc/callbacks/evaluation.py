"""Depth errors and sparsification of every estimator, in validation and test."""

from collections.abc import Sequence
from typing import Any

import lightning as L
import torch

from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of, metric_device, true_depth
from gradunc.metrics import DepthErrors, EvaluationProtocol, RankedBatch, Sparsification
from gradunc.metrics.ause import SparsificationCurves


class EvaluationCallback(StageCallback):
    """Update metrics with every image that has true depth, log them, and keep the results.

    Logs `<stage>/abs_rel` and the other depth errors, `<stage>/<estimator>/ause_rmse` and so on.

    Args:
        protocol: alignment, range and crop.
        estimators: names that an `UncertaintyCallback` earlier in the list adds.
        model: dotted attribute of the LightningModule that holds the depth model.
    """

    def __init__(
        self, protocol: EvaluationProtocol, estimators: Sequence[str] = (), *, model: str = "depth_model"
    ) -> None:
        self.attribute = model
        self.protocol = protocol
        self.estimators = tuple(estimators)
        self.depth = DepthErrors()
        self.sparsification = {name: Sparsification() for name in self.estimators}
        self.errors: dict[str, float] = {}
        """Depth errors of the last epoch."""
        self.uncertainty: dict[str, dict[str, float]] = {}
        """Estimator -> AUSE and AURG of the last epoch."""
        self.curves: dict[str, dict[str, SparsificationCurves]] = {}
        """Estimator -> mean curves of the last epoch."""
        self.images = 0
        """Images of the last epoch that were compared, over all processes."""
        self.without_truth = 0
        """Images of the last epoch without a pixel of truth that counts, over all processes."""
        self.non_finite = 0
        """Predicted values of the last epoch that were NaN or infinite, over all processes."""

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Begin anew."""
        for metric in (self.depth, *self.sparsification.values()):
            metric.reset()
            metric.to(metric_device(pl_module))
        self.errors, self.uncertainty, self.curves = {}, {}, {}
        self.images = self.without_truth = self.non_finite = 0

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Add a batch; one without true depth passes by."""
        if "depth" not in batch:
            return
        truth, valid = true_depth(batch, metric_device(pl_module))
        ranked = RankedBatch(self.protocol, depth_model_of(pl_module, self.attribute), truth, valid)
        for image in ranked.images(outputs["prediction"].depth.float()):
            self.non_finite += image.add_depth(self.depth)
        for name, estimate in outputs.get("estimates", {}).items():
            if name in self.sparsification:
                ranked.add(self.sparsification[name], estimate)

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Log the means; every process must come here."""
        ranked = sum(int(metric.images) for metric in self.sparsification.values())
        counts = torch.tensor([int(self.depth.images), int(self.depth.skipped), self.non_finite, ranked])
        counts = trainer.strategy.reduce(counts.to(pl_module.device), reduce_op="sum")
        self.images, self.without_truth, self.non_finite, ranked = counts.tolist()
        if self.images + self.without_truth == 0:
            return
        self.errors = {name: float(value) for name, value in self.depth.compute().items()}
        logged = {f"{stage}/{name}": value for name, value in self.errors.items()}
        for name, metric in self.sparsification.items() if ranked else ():
            self.uncertainty[name] = {key: float(value) for key, value in metric.compute().items()}
            self.curves[name] = metric.curves()
            logged |= {f"{stage}/{name}/{key}": value for key, value in self.uncertainty[name].items()}
        pl_module.log_dict(logged, sync_dist=False)
