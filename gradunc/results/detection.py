"""The result of the detection of foreign images: how well the scores of images tell two sets apart."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor

from gradunc.metrics import detection
from gradunc.results.result import Column, Picture, Result, Table
from gradunc.visualization import histogram_figure, render

PROTOCOL = "positive class = in-distribution, confidence = minus the score; scores: higher = more foreign"
COLUMNS = (
    Column("estimator", digits=None),
    Column("score", digits=None),
    Column("auroc", better="high", title="AUROC"),
    Column("aupr", better="high", title="AUPR"),
    Column("fpr95", better="low", title="FPR@95"),
)
ADVICE = (
    "AUROC below 0.5: the foreign images score LOWER. Squared differences of depth grow with the size of the "
    "scene; try uncertainty.NAME.loss=squared_log"
)


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
    rows = tuple({"estimator": estimator, "score": score, **row} for (estimator, score), row in found.items())
    counts = f"{familiar.name} ({len(familiar.scored)} images) against {foreign.name} ({len(foreign.scored)} images)"
    return Result(
        name="ood",
        title="Detection of foreign images",
        protocol=PROTOCOL,
        tables=(Table("ood", "Detection of foreign images", COLUMNS, rows, keys=2, json_key="results"),),
        pictures=(Picture("ood", render(_figure(familiar, foreign, found))),),
        facts={
            "settings": dict(settings),
            "in_distribution": familiar.content(),
            "out_of_distribution": foreign.content(),
        },
        notes=(counts, ADVICE) if any(row["auroc"] < 0.5 for row in found.values()) else (counts,),
    )


def _figure(familiar: Side, foreign: Side, found: Mapping[tuple[str, str], Mapping[str, float]]) -> Figure:
    rows: dict[str, Any] = {}
    for (estimator, score), row in found.items():
        rows.setdefault(estimator, {})[score] = (
            familiar.column(estimator, score).numpy(),
            foreign.column(estimator, score).numpy(),
            f"AUROC {row['auroc']:.3f}, FPR@95 {row['fpr95']:.3f}",
        )
    names = (f"in-distribution: {familiar.name}", f"foreign: {foreign.name}")
    return histogram_figure(rows, names, "Scores of whole images, higher = more foreign")
