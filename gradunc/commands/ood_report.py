"""What the detection of foreign images leaves: a table, `ood.json` and `ood.png`."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from gradunc.commands.results import write_json
from gradunc.errors import InputError
from gradunc.metrics import DETECTION, detection
from gradunc.visualization import histogram_figure, save_png

LABELS = {"auroc": "AUROC", "aupr": "AUPR", "fpr95": "FPR@95"}
Results = dict[str, dict[str, dict[str, float]]]
"""Estimator -> score -> auroc, aupr, fpr95."""


class Scores(NamedTuple):
    """One image."""

    path: str
    values: dict[str, dict[str, float]]
    """Estimator -> score -> number, higher = more foreign."""


class Side(NamedTuple):
    """One set of images."""

    name: str
    scored: list[Scores]
    failed: list[dict[str, str]]
    """Images without scores: {"image": path, "reason": text}."""

    def column(self, estimator: str, score: str) -> Tensor:
        """One score of all images, (n,) float64."""
        return torch.tensor([one.values[estimator][score] for one in self.scored], dtype=torch.float64)


def write_report(folder: Path, familiar: Side, foreign: Side, settings: dict[str, Any]) -> None:
    """Compare every score, write both files and print the table.

    Raises:
        InputError: the folder cannot be written to.
    """
    results: Results = {
        estimator: {score: detection(*(side.column(estimator, score) for side in (familiar, foreign))) for score in row}
        for estimator, row in familiar.scored[0].values.items()
    }
    write_json(folder / "ood.json", _content(familiar, foreign, settings, results))
    try:
        picture = save_png(_figure(familiar, foreign, results), folder / "ood.png")
    except OSError as error:
        raise InputError(f"cannot write to '{folder}': {error.strerror or error}; set output=DIR") from error
    _show(familiar, foreign, results)
    for path in (folder / "ood.json", picture):
        print(f"  {path}")


def _content(familiar: Side, foreign: Side, settings: dict[str, Any], results: Results) -> dict[str, Any]:
    sides = {"in_distribution": familiar, "out_of_distribution": foreign}
    return {
        "protocol": "positive class = in-distribution, confidence = minus the score; scores: higher = more foreign",
        "settings": settings,
        "results": results,
        **{
            key: {
                "name": side.name,
                "images": [{"path": one.path, "scores": one.values} for one in side.scored],
                "failed": side.failed,
            }
            for key, side in sides.items()
        },
    }


def _figure(familiar: Side, foreign: Side, results: Results) -> Any:
    rows = {
        estimator: {
            score: (
                familiar.column(estimator, score).numpy(),
                foreign.column(estimator, score).numpy(),
                f"AUROC {figures['auroc']:.3f}, FPR@95 {figures['fpr95']:.3f}",
            )
            for score, figures in scores.items()
        }
        for estimator, scores in results.items()
    }
    names = (f"in-distribution: {familiar.name}", f"foreign: {foreign.name}")
    return histogram_figure(rows, names, "Scores of whole images, higher = more foreign")


def _show(familiar: Side, foreign: Side, results: Results) -> None:
    counts = f"{familiar.name} ({len(familiar.scored)} images) against {foreign.name} ({len(foreign.scored)} images)"
    table = Table("estimator", "score", title="Detection of foreign images")
    for key in DETECTION:
        table.add_column(LABELS[key], justify="right")
    for estimator, scores in results.items():
        for score, figures in scores.items():
            table.add_row(estimator, score, *(f"{figures[key]:.4f}" for key in DETECTION))
    console = Console()
    console.width = max(console.width, 110)
    console.print(table)
    print(counts)
    if any(figures["auroc"] < 0.5 for scores in results.values() for figures in scores.values()):
        print(
            "AUROC below 0.5: the foreign images score LOWER. Squared differences of depth grow with the size of the "
            "scene; try uncertainty.NAME.loss=squared_log"
        )
