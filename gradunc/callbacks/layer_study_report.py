"""The end of a layer study: what the callbacks have found becomes a result, its files and what W&B gets of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import lightning as L

from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.layer_study import LayerStudyCallback
from gradunc.callbacks.result import ResultCallback, described
from gradunc.callbacks.trivial import TrivialCallback
from gradunc.metrics import AREAS, ImageRows
from gradunc.results import Result, Row
from gradunc.results.bounds import with_bounds
from gradunc.results.layer_study import study_result
from gradunc.results.per_image import PerImage


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
        per_image = self.evaluation.per_image
        assert per_image is not None, "every test makes it"
        counts = {
            "images": self.evaluation.images,
            "images_without_truth": self.evaluation.without_truth,
            "non_finite_predictions": self.evaluation.non_finite,
        }
        return study_result(
            described(self.evaluation.protocol, trainer),
            counts,
            self._cell_rows(per_image),
            self._trivial_rows(per_image),
            resampling=per_image.resampling,
            depth=with_bounds(self.evaluation.errors, per_image.intervals([per_image.depth])[0]),
            layers={name: estimator.layers for name, estimator in self.study.estimators.items()},
            about=self.about,
        )

    def _cell_rows(self, per_image: PerImage) -> list[Row]:
        costs = self.study.costs
        rows: list[Row] = [
            {"method": "gradient", **cell._asdict(), "cost": costs.get((cell.reference, cell.layer)), **areas}
            for cell, areas in self.study.results.items()
        ]
        found = per_image.intervals(list(self.study.per_image.values()))
        return [with_bounds(row, one) for row, one in zip(rows, found, strict=True)]

    def _trivial_rows(self, per_image: PerImage) -> list[Row]:
        nothing = {"reference": "", "layer": "", "channels": ""}
        rows = []
        for name in self.trivial.names:
            areas = self.evaluation.uncertainty.get(name, dict.fromkeys(AREAS, float("nan")))
            measured = per_image.areas.get(name, ImageRows.none(AREAS))
            (found,) = per_image.intervals([measured])
            rows.append(with_bounds({"method": name, **nothing, "cost": self.trivial.costs.get(name), **areas}, found))
        return rows
