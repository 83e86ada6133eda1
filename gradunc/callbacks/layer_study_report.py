"""The end of a layer study: what the callbacks have found becomes a result, its files and what W&B gets of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning as L

from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.layer_study import LayerStudyCallback
from gradunc.callbacks.trivial import TrivialCallback
from gradunc.callbacks.wandb import log_result
from gradunc.results import Result, Row, write
from gradunc.results.layer_study import AREAS, study_result


class StudyReportCallback(L.Callback):
    """Write and log what a layer study found. Stands last in the list.

    Args:
        folder: gets the files of `study_result`.
        study: where the numbers of the cells are.
        evaluation: has ranked the trivial scores and the depth.
        trivial: what the trivial scores cost.
        about: what else `study.json` says.
    """

    def __init__(
        self,
        folder: Path,
        study: LayerStudyCallback,
        evaluation: EvaluationCallback,
        trivial: TrivialCallback,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder, self.study, self.evaluation, self.trivial = folder, study, evaluation, trivial
        self.about = dict(about or {})
        self.result: Result | None = None
        """Of the last test; None if nothing was compared with the truth."""
        self.written: list[Path] = []
        """Files of the last test."""

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Make the result and write its files.

        Raises:
            InputError: the folder cannot be written to.
        """
        self.result, self.written = None, []
        if not trainer.is_global_zero or not self.study.results:
            return
        self.result = study_result(
            self.evaluation.protocol.describe(),
            self.evaluation.images,
            self._cell_rows(),
            [self._trivial_row(name) for name in self.trivial.names],
            depth=self.evaluation.errors,
            layers={name: estimator.layers for name, estimator in self.study.estimators.items()},
            about=self.about,
        )
        self.written = write(self.result, self.folder)
        log_result(trainer, self.result, {"study": "test/study"}, {"study": "test/study_heatmap"})

    def _cell_rows(self) -> list[Row]:
        costs = self.study.costs
        return [
            {"method": "gradient", **cell._asdict(), "cost": costs.get((cell.reference, cell.layer)), **areas}
            for cell, areas in self.study.results.items()
        ]

    def _trivial_row(self, name: str) -> Row:
        areas = self.evaluation.uncertainty.get(name, dict.fromkeys(AREAS, float("nan")))
        cost = self.trivial.costs.get(name)
        return {"method": name, "reference": "", "layer": "", "channels": "", "cost": cost, **areas}
