"""Depth errors and sparsification of every estimator, in validation and test."""

from collections.abc import Sequence
from typing import Any

import lightning as L
import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of, metric_device
from gradunc.metrics import DepthErrors, EvaluationProtocol, Sparsification
from gradunc.metrics.ause import SparsificationCurves
from gradunc.metrics.published_png import uncertainty_round_trip
from gradunc.models import DepthModel
from gradunc.ops.disparity import resize
from gradunc.types import OutputSpace, UncertaintyEstimate


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
        model: DepthModel = depth_model_of(pl_module, self.attribute)
        device = metric_device(pl_module)
        truth = batch["depth"].to(device)
        valid = batch["valid"].to(device) if "valid" in batch else truth > 0
        depth, space = at_truth(self.protocol, model, outputs["prediction"].depth.float(), truth)
        for one_truth, one_depth, one_valid in zip(truth, depth, valid, strict=True):
            selection = self.protocol.select(one_truth, one_depth, one_valid, space)
            self.depth.update(selection.truth, selection.prediction)
            self.non_finite += int(selection.non_finite)
        for name, estimate in outputs.get("estimates", {}).items():
            if name in self.sparsification:
                self._update_uncertainty(self.sparsification[name], model, estimate, truth, valid)

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

    def _update_uncertainty(
        self, metric: Sparsification, model: DepthModel, estimate: UncertaintyEstimate, truth: Tensor, valid: Tensor
    ) -> None:
        depth, space = at_truth(self.protocol, model, estimate.depth, truth)
        uncertainty, known = score_at_truth(self.protocol, estimate.uncertainty, estimate.valid, truth)
        for i in range(len(truth)):
            selection = self.protocol.select(truth[i], depth[i], valid[i] & known[i], space)
            metric.update(selection.truth, selection.prediction, uncertainty[i, 0][selection.keep])


def at_truth(
    protocol: EvaluationProtocol, model: DepthModel, depth: Tensor, truth: Tensor
) -> tuple[Tensor, OutputSpace]:
    """Predictions (B,1,h,w) as the protocol compares them with the truth (B,1,H,W): maps of its size and device."""
    if protocol.png:
        return protocol.read_back(depth.to(truth.device), truth, model.output_space)
    return model.resize_depth(depth, (truth.shape[-2], truth.shape[-1])).to(truth.device), model.output_space


def score_at_truth(protocol: EvaluationProtocol, score: Tensor, valid: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and their validity (B,C,h,w) as the protocol ranks them, of the truth's size and device."""
    score, valid = score.to(truth.device), valid.to(truth.device)
    if protocol.png:
        score = uncertainty_round_trip(score, valid)
    return resize_score(score, valid, (truth.shape[-2], truth.shape[-1]))


def resize_estimate(
    model: DepthModel, estimate: UncertaintyEstimate, size: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Depth (through the quantity that may be averaged), uncertainty (bilinear) and validity at another size.

    Each (B,1,*size). A pixel is valid if every estimate that its uncertainty is interpolated from is.
    """
    uncertainty, known = resize_score(estimate.uncertainty, estimate.valid, size)
    return model.resize_depth(estimate.depth, size), uncertainty, known


def resize_score(score: Tensor, valid: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Scores and their validity (B,C,h,w) at another size, as `resize_estimate` does it."""
    unknown = F.interpolate((~valid).float(), size, mode="bilinear", align_corners=False) > 0
    return resize(torch.where(valid, score, 0.0), size), ~unknown
