"""The end of a test: what the callbacks have found becomes a result, its files and what W&B gets of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import lightning as L

from gradunc.callbacks.baselines import BaselineCallback
from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.result import ResultCallback, described, unreadable
from gradunc.callbacks.trivial import TrivialCallback
from gradunc.callbacks.uncertainty import UncertaintyCallback
from gradunc.results import Picture, Result, Row
from gradunc.results.bounds import bounded
from gradunc.results.evaluation import evaluation_result
from gradunc.results.per_image import PerImage
from gradunc.visualization import render, training_figure
from gradunc.visualization.history import history_files, is_training


class ReportCallback(ResultCallback):
    """Write and log what a test found. Stands after the evaluation and the baselines in the list.

    Args:
        folder: gets the files of `evaluation_result` and, if the run has trained, `training.png`.
        evaluation: where the numbers are.
        baselines: their rows stand beside the model's.
        name: of the model's row.
        estimators: know what estimates cost; the table of uncertainties gets that column.
        judged: see `ResultCallback`.
    """

    TABLES: ClassVar = {"depth": "test/depth_table", "uncertainty": "test/uncertainty_table"}
    PICTURES: ClassVar = {
        name: f"test/{name}" for name in ("sparsification", "errors_by_distance", "errors_by_uncertainty")
    }

    def __init__(
        self,
        folder: Path,
        evaluation: EvaluationCallback,
        baselines: BaselineCallback | None,
        name: str = "model",
        estimators: Sequence[UncertaintyCallback | TrivialCallback] = (),
        judged: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(folder, judged)
        self.estimators = tuple(estimators)
        self.evaluation, self.baselines, self.name = evaluation, baselines, name

    def make(self, trainer: L.Trainer) -> Result | None:
        """The result of the test that ends, on the main process only; None if nothing was compared with the truth."""
        if not self.evaluation.errors:
            return None
        per_image = self.evaluation.per_image
        assert per_image is not None, "every test makes it"
        unread = unreadable(trainer)
        return evaluation_result(
            described(self.evaluation.protocol, trainer),
            {**self.evaluation.counts, "images_unreadable": len(unread)},
            self._depth_rows(per_image),
            self._uncertainty_rows(per_image),
            self.evaluation.curves,
            _training_pictures(self.folder),
            per_image.with_records(unread),
            self.evaluation.estimators,
            self.evaluation.binned,
        )

    def _depth_rows(self, per_image: PerImage) -> dict[str, Row]:
        """Errors of the network and of the baselines, with their intervals."""
        baselines = self.baselines.results if self.baselines else {}
        rows = {self.name: self.evaluation.errors, **baselines}
        measured = [per_image.depth, *(self.baselines.per_image.values() if self.baselines else ())]
        return bounded(rows, per_image.intervals(measured))

    def _uncertainty_rows(self, per_image: PerImage) -> dict[str, Row]:
        """Areas of every estimator; what its numbers are, and what it costs in forward passes, None where unknown."""
        costs = {name: cost for callback in self.estimators for name, cost in callback.costs.items()}
        scales = {name: str(scale) for callback in self.estimators for name, scale in callback.scales.items()}
        known = {"cost": costs, "scale": scales}
        rows = {
            name: {**row, **{key: values.get(name) for key, values in known.items() if values}}
            for name, row in self.evaluation.uncertainty.items()
        }
        return bounded(rows, per_image.intervals([per_image.areas[name] for name in rows]))


def _training_pictures(folder: Path) -> list[Picture]:
    """The curves of the training, if the folder is that of one."""
    files = history_files(folder)
    return [Picture("training", render(training_figure(*files)))] if is_training(*files) else []
