"""What a layer study found: table, picture, files, W&B."""

import csv
import json
import math
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
from rich.console import Console
from rich.table import Table

from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.layer_study import Cell, LayerStudyCallback
from gradunc.callbacks.report import without_nan
from gradunc.callbacks.trivial import TrivialCallback
from gradunc.callbacks.wandb import log_picture, log_table
from gradunc.uncertainty.gradient.reductions import CHANNELS
from gradunc.visualization import render, save_png, study_figure

AREAS = ("ause_abs_rel", "aurg_abs_rel", "ause_rmse", "aurg_rmse", "ause_a1", "aurg_a1")
COLUMNS: tuple[str, ...] = ("method", "reference", "layer", "channels", "cost", *AREAS)
SHOWN = 10
"""Best rows that are printed."""


class StudyReportCallback(L.Callback):
    """Write and log what a layer study found; `show` prints the best of it. Stands last in the list.

    Args:
        folder: gets `study.csv`, `study.json` and `study.png`.
        study: where the results are.
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
        self.rows: list[dict[str, Any]] = []
        """Best AUSE of abs_rel first, then the trivial scores; keys are `COLUMNS`."""
        self.written: list[Path] = []
        """Files of the last test."""

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Make the rows and write the files."""
        self.rows, self.written = [], []
        if not trainer.is_global_zero or not self.study.results:
            return
        cells = [self._cell_row(cell) for cell in self.study.results]
        cells.sort(key=lambda row: (math.isnan(row["ause_abs_rel"]), row["ause_abs_rel"]))
        self.rows = [*cells, *(self._trivial_row(name) for name in self.trivial.names)]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write("study.csv", self._as_csv())
        self._write("study.json", self._as_json())
        figure = self._figure()
        self.written.append(save_png(figure, self.folder / "study.png"))
        log_picture(trainer, "test/study_heatmap", render(figure))
        log_table(trainer, "test/study", list(COLUMNS), [[row[key] for key in COLUMNS] for row in self.rows])

    def show(self) -> None:
        """Print the best rows, the trivial ones and where the others are."""
        if not self.rows:
            return
        cells = [row for row in self.rows if row["layer"]]
        table = Table(title=f"Layer study ({self.evaluation.protocol.describe()})", caption=self._caption(len(cells)))
        for column in COLUMNS[1:]:
            numeric = column == "cost" or column in AREAS
            table.add_column(column, justify="right" if numeric else "left", no_wrap=True)
        for i, row in enumerate([*cells[:SHOWN], *self.rows[len(cells) :]]):
            values = [row[column] for column in COLUMNS[1:]]
            texts = [f"{value:.4f}" if isinstance(value, float) else value for value in values]
            texts[3] = f"{row['cost']:.2f}"
            if not row["layer"]:
                texts[0] = f"trivial: {row['method']}"
            table.add_row(*texts, end_section=i == min(SHOWN, len(cells)) - 1)
        console = Console()
        console.width = max(console.width, 140)
        console.print(table)
        for path in self.written:
            print(f"  {path}")

    def _caption(self, cells: int) -> str:
        rest = f"the best {SHOWN} of {cells} cells" if cells > SHOWN else f"all {cells} cells"
        return f"{self.evaluation.images} images; {rest}, low AUSE = good; cost in forward passes"

    def _cell_row(self, cell: Cell) -> dict[str, Any]:
        cost = self.study.costs.get((cell.reference, cell.layer), math.nan)
        return {"method": "gradient", **cell._asdict(), "cost": cost, **self.study.results[cell]}

    def _trivial_row(self, name: str) -> dict[str, Any]:
        areas = self.evaluation.uncertainty.get(name, dict.fromkeys(AREAS, math.nan))
        cost = self.trivial.costs.get(name, math.nan)
        return {"method": name, "reference": "", "layer": "", "channels": "", "cost": cost, **areas}

    def _as_csv(self) -> str:
        text = StringIO()
        writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    def _as_json(self) -> str:
        result = {
            "protocol": self.evaluation.protocol.describe(),
            "images": self.evaluation.images,
            **self.about,
            "depth": self.evaluation.errors,
            "best": self.rows[0],
            "rows": self.rows,
        }
        return json.dumps(without_nan(result), indent=2, allow_nan=False) + "\n"

    def _figure(self) -> Any:
        layers = {name: list(estimator.layers) for name, estimator in self.study.estimators.items()}

        def block(reference: str) -> np.ndarray:
            cells = [[Cell(reference, layer, name) for name in CHANNELS] for layer in layers[reference]]
            return np.array([[self.study.results[cell]["ause_abs_rel"] for cell in row] for row in cells])

        title = f"Layer study, {self.evaluation.images} images ({self.evaluation.protocol.describe()})"
        chance = self.evaluation.uncertainty.get("constant", {}).get("ause_abs_rel")
        return study_figure({name: block(name) for name in layers}, layers, list(CHANNELS), title, chance=chance)

    def _write(self, name: str, content: str) -> None:
        path = self.folder / name
        partial = path.with_name(f".{name}.tmp")
        partial.write_text(content)
        os.replace(partial, path)
        self.written.append(path)
