"""The result of the detection of foreign images: how well the scores of images tell two sets apart."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor

from gradunc.metrics import Resampling
from gradunc.metrics.detection import detection, detection_intervals
from gradunc.results.bounds import with_bounds
from gradunc.results.columns import bounds_of, without_bounds
from gradunc.results.result import Column, Picture, Result, Table
from gradunc.visualization import histogram_figure, render
from gradunc.visualization.style import end_of

PROTOCOL = "positive class = in-distribution, confidence = minus the score; scores: higher = more foreign"
FIGURES = (
    Column("auroc", better="high", title="AUROC"),
    Column("aupr", better="high", title="AUPR"),
    Column("fpr95", better="low", title="FPR@95"),
)
COLUMNS = (
    Column("estimator", digits=None),
    Column("score", digits=None),
    *FIGURES,
    *(end for column in FIGURES for end in bounds_of(column)),
)
LOWER = "AUROC below 0.5: the foreign images score LOWER."
ADVICE = f"{LOWER} Squared differences of depth grow with the size of the scene; try uncertainty.NAME.loss=squared_log"
"""About gradient estimators, which are those with a loss."""

LONGEST = 60
"""Letters of a folder in the figure: its end."""


class Scores(NamedTuple):
    """One image."""

    path: str
    values: dict[str, dict[str, float]]
    """Estimator -> score -> number, higher = more foreign."""
    scene: str | None = None
    """Images of one resemble one another; None where that is not known."""


class Side(NamedTuple):
    """One set of images."""

    name: str
    scored: list[Scores]
    failed: list[dict[str, str]]
    """Images without scores: {"image": path, "reason": text}."""

    def column(self, estimator: str, score: str) -> Tensor:
        """One score of all images, (n,) float64."""
        return torch.tensor([one.values[estimator][score] for one in self.scored], dtype=torch.float64)

    def resampling(self, seed: int) -> Resampling:
        """Draws of its scenes where all are known, else of its images."""
        return Resampling([one.scene for one in self.scored], seed)

    def content(self) -> dict[str, Any]:
        """For the JSON file."""
        images = [{"path": one.path, "scores": one.values} for one in self.scored]
        return {"name": self.name, "images": images, "failed": self.failed}


def detection_result(familiar: Side, foreign: Side, settings: Mapping[str, Any]) -> Result:
    """Files: `ood.json`, `ood.csv`, `ood.md` and `ood.png`.

    Args:
        familiar: in-distribution, at least one image.
        foreign: out-of-distribution, scored by the same estimators.
        settings: what made the scores.
    """
    found = {
        (estimator, score): detection(familiar.column(estimator, score), foreign.column(estimator, score))
        for estimator, row in familiar.scored[0].values.items()
        for score in row
    }
    draws = (familiar.resampling(0), foreign.resampling(1))
    rows = tuple(
        with_bounds(
            {"estimator": estimator, "score": score, **row},
            detection_intervals(familiar.column(estimator, score), foreign.column(estimator, score), *draws),
        )
        for (estimator, score), row in found.items()
    )
    counts = " against ".join(_counted(side) for side in (familiar, foreign))
    columns = COLUMNS if all(one.enough for one in draws) else without_bounds(COLUMNS)
    title = f"Detection of foreign images ({_described(draws)})"
    return Result(
        name="ood",
        title="Detection of foreign images",
        protocol=PROTOCOL,
        tables=(Table("ood", title, columns, rows, keys=2, json_key="results"),),
        pictures=(Picture("ood", render(_figure(familiar, foreign, found))),),
        facts={
            "settings": dict(settings),
            "intervals": [one.facts() for one in draws],
            "in_distribution": familiar.content(),
            "out_of_distribution": foreign.content(),
        },
        notes=(counts, *_advice(familiar.scored[0], found)),
    )


def _advice(scores: Scores, found: Mapping[tuple[str, str], Mapping[str, float]]) -> list[str]:
    """A line if foreign images score lower than familiar ones by any estimator."""
    low = {estimator for (estimator, _), row in found.items() if row["auroc"] < 0.5}
    if not low:
        return []
    return [ADVICE if any("loss" in scores.values[estimator] for estimator in low) else LOWER]


def _counted(side: Side) -> str:
    """How many images a side has, and how many could not be scored: unreadable, or a score that is not finite."""
    left_out = f", {len(side.failed)} left out" if side.failed else ""
    return f"{side.name} ({len(side.scored)} images{left_out})"


def _described(draws: Sequence[Resampling]) -> str:
    """What the intervals of both sides come from; if one is too small, that."""
    small = next((one for one in draws if not one.enough), None)
    return draws[0].describe() + f" and {draws[1].units}" if small is None else small.describe()


def _figure(familiar: Side, foreign: Side, found: Mapping[tuple[str, str], Mapping[str, float]]) -> Figure:
    rows: dict[str, Any] = {}
    for (estimator, score), row in found.items():
        rows.setdefault(estimator, {})[score] = (
            familiar.column(estimator, score).numpy(),
            foreign.column(estimator, score).numpy(),
            f"AUROC {row['auroc']:.3f}, FPR@95 {row['fpr95']:.3f}",
        )
    names = (f"in-distribution: {end_of(familiar.name, LONGEST)}", f"foreign: {end_of(foreign.name, LONGEST)}")
    return histogram_figure(rows, names, "Scores of whole images, higher = more foreign")
