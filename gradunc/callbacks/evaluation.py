"""Depth errors and sparsification of every estimator, in validation and test."""

from collections.abc import Mapping, Sequence
from typing import Any

import lightning as L
import torch

from gradunc.callbacks.batches import named
from gradunc.callbacks.image_log import ImageLog
from gradunc.callbacks.processes import Numbering
from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of, metric_device, true_depth
from gradunc.errors import InputError
from gradunc.metrics import BinnedErrors, Compared, DepthErrors, EvaluationProtocol, RankedBatch, Sparsification
from gradunc.metrics.ause import SparsificationCurves
from gradunc.metrics.binned import DISTANCES, RANKS
from gradunc.results.binned import Binned
from gradunc.results.per_image import PerImage
from gradunc.types import UncertaintyEstimate


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
        self.by_distance = BinnedErrors(len(DISTANCES) - 1)
        self.by_uncertainty = {name: BinnedErrors(len(RANKS) - 1) for name in self.estimators}
        self.binned: Binned | None = None
        """Errors by distance and by uncertainty of the last test, over all processes."""
        self.per_image: PerImage | None = None
        """What the means of the last test are made of, over all processes."""
        self.images = 0
        """Images of the last epoch that were compared, over all processes."""
        self.without_truth = 0
        """Images of the last epoch without true depth, or without a pixel of it that counts, over all processes."""
        self.predictions = 0
        """Predicted values of the last epoch that were compared, over all processes."""
        self.non_finite = 0
        """Those of them that were NaN or infinite."""
        self.ranked: RankedBatch | None = None
        """The last batch, for callbacks that measure more of it; None if it has no true depth."""
        self._numbering, self._log = Numbering(), ImageLog()

    @property
    def counts(self) -> dict[str, int]:
        """Images of the last epoch by what became of them, for the head of a result."""
        return {
            "images": self.images,
            "images_without_truth": self.without_truth,
            "images_unreadable": 0,
            "non_finite_predictions": self.non_finite,
        }

    @property
    def all_non_finite(self) -> bool:
        """Whether there were predictions, and not one of them a number: the figures of such a network mean nothing."""
        return 0 < self.predictions == self.non_finite

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Begin anew."""
        for metric in (self.depth, self.by_distance, *self.sparsification.values(), *self.by_uncertainty.values()):
            metric.reset()
            metric.to(metric_device(pl_module))
        self.errors, self.uncertainty, self.curves, self.per_image, self.binned = {}, {}, {}, None, None
        self.images = self.without_truth = self.predictions = self.non_finite = 0
        self._numbering.begin()
        self._log.begin()

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Add a batch; one without true depth is only counted."""
        batch = named(batch)
        numbers = self._numbering.next(trainer, batch)
        estimates = outputs.get("estimates", {}) if isinstance(outputs, dict) else {}
        estimates = {name: estimate for name, estimate in estimates.items() if name in self.sparsification}
        compared = self.ranked = None
        if "depth" in batch:
            compared = self._compare(pl_module, outputs, batch, numbers, estimates, binned=stage == "test")
            self.predictions += sum(one.pixels for one in compared)
            self.non_finite += sum(one.non_finite for one in compared)
        else:
            self.without_truth += len(numbers)
        if stage == "test":
            self._log.add(batch, numbers, compared, estimates)

    def _compare(
        self,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        numbers: Sequence[int],
        estimates: Mapping[str, UncertaintyEstimate],
        *,
        binned: bool,
    ) -> list[Compared]:
        if not isinstance(outputs, dict) or not hasattr(outputs.get("prediction"), "depth"):
            raise InputError("an evaluation needs steps that return {'prediction': DepthPrediction}")
        truths = true_depth(batch, metric_device(pl_module))
        ranked = self.ranked = RankedBatch(self.protocol, depth_model_of(pl_module, self.attribute), truths, numbers)
        images = ranked.images(outputs["prediction"].depth.float())
        compared = [image.add_depth(self.depth, self.by_distance if binned else None) for image in images]
        for name, estimate in estimates.items():
            ranked.add(self.sparsification[name], estimate, self.by_uncertainty[name] if binned else None)
        return compared

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Log the means; every process must come here.

        Raises:
            InputError: a test in which not one prediction is a finite number.
        """
        updated, ranked = self._count(trainer, pl_module)
        if not updated:
            return
        if stage == "test" and self.all_non_finite:
            raise InputError(
                f"every one of {self.predictions} predicted values of {self.images} images is NaN or infinite: the "
                "checkpoint is broken (a training that diverged?), and there is nothing to report; use another one"
            )
        self.errors = {name: float(value) for name, value in self.depth.compute().items()}
        logged = {f"{stage}/{name}": value for name, value in self.errors.items()}
        for name, metric in self.sparsification.items() if ranked else ():
            self.uncertainty[name] = {key: float(value) for key, value in metric.compute().items()}
            self.curves[name] = metric.curves()
            logged |= {f"{stage}/{name}/{key}": value for key, value in self.uncertainty[name].items()}
        if stage == "test":
            self.binned = Binned(
                self.by_distance.errors(), {name: self.by_uncertainty[name].errors() for name in self.uncertainty}
            )
            areas = {name: self.sparsification[name].per_image() for name in self.uncertainty}
            self.per_image = PerImage(self._log.gather(trainer), self.depth.per_image(), areas)
        pl_module.log_dict(logged, sync_dist=False)

    def _count(self, trainer: L.Trainer, pl_module: L.LightningModule) -> tuple[int, int]:
        """Add the counts of all processes up; returns how many images had truth, and how often one was ranked."""
        ranked = sum(metric.images for metric in self.sparsification.values())
        skipped = int(self.depth.skipped)
        own = [self.depth.images, skipped, self.without_truth, self.predictions, self.non_finite, ranked]
        counts: Any = trainer.strategy.reduce(torch.tensor(own, device=pl_module.device), reduce_op="sum")
        self.images, skipped, self.without_truth, self.predictions, self.non_finite, ranked = counts.tolist()
        self.without_truth += skipped
        return self.images + skipped, ranked
