"""The end of a run: result table, metrics as JSON, sparsification plot, training curves."""

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
from rich.console import Console
from rich.table import Table

from gradunc.callbacks.baselines import BaselineCallback
from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.trivial import TrivialCallback
from gradunc.callbacks.uncertainty import UncertaintyCallback
from gradunc.callbacks.wandb import log_picture, log_table
from gradunc.data.loading.datamodule import DepthData
from gradunc.visualization import read_history, render, save_png, sparsification_figure, training_figure


class ReportCallback(L.Callback):
    """Write and log what a test found; `show` prints it. Stands after the evaluation and the baselines in the list.

    Args:
        folder: gets `metrics.json`, `sparsification.png` and, if the run has trained, `training.png`.
        evaluation: where the results are.
        baselines: their rows stand beside the model's.
        name: of the model's row.
        estimators: know what estimates cost; the table of uncertainties gets that column.
    """

    def __init__(
        self,
        folder: Path,
        evaluation: EvaluationCallback,
        baselines: BaselineCallback | None,
        name: str = "model",
        estimators: Sequence[UncertaintyCallback | TrivialCallback] = (),
    ) -> None:
        self.estimators = tuple(estimators)
        self.folder, self.evaluation, self.baselines, self.name = folder, evaluation, baselines, name
        self.written: list[Path] = []
        """Files of the last test."""
        self.tables: list[Table] = []
        """Result tables of the last test."""

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Make the tables and write the files."""
        if not trainer.is_global_zero or not self.evaluation.errors:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        protocol = self.evaluation.protocol.describe()
        depth_rows = {self.name: self.evaluation.errors, **(self.baselines.results if self.baselines else {})}
        self.written = [self._write_json(protocol, depth_rows, _unreadable(trainer))]
        images = f"{self.evaluation.images} image{'s' if self.evaluation.images != 1 else ''}"
        self.tables = [self._table(trainer, "depth", f"Depth ({protocol}; {images})", depth_rows)]
        if self.evaluation.uncertainty:
            title = f"Uncertainty ({protocol}; {images})"
            self.tables.append(self._table(trainer, "uncertainty", title, self._uncertainty_rows()))
            self._plot_sparsification(trainer, protocol)
        self._plot_training()

    def show(self) -> None:
        """Print the tables."""
        console = Console()
        # A log file counts as 80 columns wide, which would cut the names of the metrics.
        console.width = max(console.width, 110)
        for table in self.tables:
            console.print(table)

    def _write_json(self, protocol: str, depth_rows: dict[str, dict[str, float]], unreadable: int) -> Path:
        result = {
            "protocol": protocol,
            "images": self.evaluation.images,
            "images_without_truth": self.evaluation.without_truth,
            "images_unreadable": unreadable,
            "non_finite_predictions": self.evaluation.non_finite,
            "depth": depth_rows,
            "uncertainty": self._uncertainty_rows(),
        }
        path = self.folder / "metrics.json"
        partial = path.with_suffix(".json.tmp")
        partial.write_text(json.dumps(without_nan(result), indent=2, allow_nan=False) + "\n")
        os.replace(partial, path)
        return path

    def _uncertainty_rows(self) -> dict[str, dict[str, float]]:
        """Areas of every estimator, and where it is known its cost in forward passes."""
        costs = {name: cost for callback in self.estimators for name, cost in callback.costs.items()}
        rows = self.evaluation.uncertainty
        return {name: {**row, "cost": costs.get(name, math.nan)} if costs else row for name, row in rows.items()}

    def _table(self, trainer: L.Trainer, key: str, title: str, rows: dict[str, dict[str, float]]) -> Table:
        columns = list(next(iter(rows.values())))
        table = Table("", *columns, title=title)
        for name, values in rows.items():
            table.add_row(name, *(f"{values[column]:.4f}" for column in columns))
        cells: list[list[Any]] = [[name, *values.values()] for name, values in rows.items()]
        log_table(trainer, f"test/{key}_table", ["name", *columns], cells)
        return table

    def _plot_sparsification(self, trainer: L.Trainer, protocol: str) -> None:
        figure = sparsification_figure(self.evaluation.curves, title=f"Sparsification ({protocol})")
        self.written.append(save_png(figure, self.folder / "sparsification.png"))
        log_picture(trainer, "test/sparsification", render(figure))

    def _plot_training(self) -> None:
        # A resumed run has its earlier parts in metrics.1.csv, metrics.2.csv, ...
        parts = [
            *sorted(self.folder.glob("metrics.*.csv"), key=lambda part: int(part.suffixes[0][1:])),
            self.folder / "metrics.csv",
        ]
        if not all(part.exists() for part in parts):
            return
        if any(series.name.startswith("train/") for series in read_history(*parts)):
            self.written.append(save_png(training_figure(*parts), self.folder / "training.png"))


def _unreadable(trainer: L.Trainer) -> int:
    """Images of the test that are in no figure because they could not be read, over all processes."""
    data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
    return data.report.count("test") if isinstance(data, DepthData) else 0


def without_nan(value: Any) -> Any:
    """JSON has no NaN: a figure that does not exist is null."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
