"""How far uncertainties agree with the errors: rank correlation, and calibration where they have a unit."""

from collections.abc import Callable, Mapping
from typing import Any

import lightning as L

from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.stages import Stage, StageCallback, metric_device
from gradunc.metrics import ImageRows
from gradunc.metrics.calibrated import CALIBRATION, Calibration
from gradunc.metrics.correlation import CORRELATIONS, RankCorrelation
from gradunc.types import Scale

AGREEMENT = (*CORRELATIONS, *CALIBRATION)
"""What is measured of a method."""


class AgreementCallback(StageCallback):
    """Measure every estimator that an evaluation ranks, on the pixels that it compares, in the test.

    Args:
        evaluation: stands earlier in the list.
        scales: estimator -> what its numbers are, asked for when the test begins.
    """

    stages = ("test",)

    def __init__(self, evaluation: EvaluationCallback, scales: Callable[[], Mapping[str, Scale]]) -> None:
        self.evaluation, self._ask = evaluation, scales
        self._scales: dict[str, Scale] = {}
        self.correlation = {name: RankCorrelation() for name in evaluation.estimators}
        self.calibration: dict[str, Calibration] = {}
        self.found: dict[str, dict[str, float]] = {}
        """Estimator -> means of the last test, those of `CALIBRATION` only where its numbers have a unit."""
        self.per_image: dict[str, tuple[ImageRows, ...]] = {}
        """Estimator -> what they are made of, over all processes."""

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Begin anew."""
        self._scales = dict(self._ask())
        with_unit = [name for name in self.correlation if self._scales[name].kind != "score"]
        self.calibration = {name: Calibration() for name in with_unit}
        for metric in (*self.correlation.values(), *self.calibration.values()):
            metric.reset()
            metric.to(metric_device(pl_module))
        self.found, self.per_image = {}, {}

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Add the batch that the evaluation has just compared."""
        ranked = self.evaluation.ranked
        if ranked is None:
            return
        for name, estimate in outputs.get("estimates", {}).items():
            if name in self.correlation:
                ranked.add_correlation(self.correlation[name], estimate)
            if name in self.calibration:
                ranked.add_calibration(self.calibration[name], estimate, self._scales[name])

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Bring the processes together; every one must come here."""
        for name, one in self.correlation.items():
            metrics = [one, *([self.calibration[name]] if name in self.calibration else [])]
            self.per_image[name] = tuple(metric.per_image() for metric in metrics)
            self.found[name] = {
                key: float(value)
                for rows in self.per_image[name]
                if len(rows.numbers)
                for key, value in zip(rows.names, rows.values.mean(0), strict=True)
            }
