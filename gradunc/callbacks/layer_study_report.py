"""The end of a layer study: what the callbacks have found becomes a result, its files and what W&B gets of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import lightning as L

from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.layer_study import LayerStudyCallback
from gradunc.callbacks.result import ResultCallback, described
from gradunc.callbacks.trivial import TrivialCallback
from gradunc.results import Result, Row
from gradunc.results.layer_study import AREAS, study_result


class StudyReportCallback(ResultCallback):
    """Write and log what a layer study found. Stands last in the list.

    Args:
        folder: gets the files of `study_result`.
        study: where the numbers of the cells are.
        evaluation: has ranked the trivial scores and the depth.
        trivial: what the trivial scores cost.
        about: what else `study.json` says.
    """

    TABLES: ClassVar = {"study": "test/study"}
    PICTURES: ClassVar = {"study": "test/study_heatmap"}

    def __init__(
        self,
        folder: Path,
        study: LayerStudyCallback,
        evaluation: EvaluationCallback,
        trivial: TrivialCallback,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(folder)
        self.study, self.evaluation, self.trivial = study, evaluation, trivial
        self.about = dict(about or {})

    def make(self, trainer: L.Trainer) -> Result | None:
        """The result of the test that ends, on the main process only; None if nothing was compared with the truth."""
        if not self.study.results:
            return None
        return study_result(
            described(self.evaluation.protocol, trainer),
            self.evaluation.images,
            self._cell_rows(),
            [self._trivial_row(name) for name in self.trivial.names],
            depth=self.evaluation.errors,
            layers={name: estimator.layers for name, estimator in self.study.estimators.items()},
            about=self.about,
        )

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
