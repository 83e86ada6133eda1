"""The result of an evaluation: errors of depth and of every uncertainty on one data set."""

from collections.abc import Mapping, Sequence

import numpy as np

from gradunc.metrics import SparsificationCurves
from gradunc.results.columns import columns_of
from gradunc.results.result import Curves, Picture, Result, Row, Table
from gradunc.visualization import render, sparsification_figure


def evaluation_result(
    protocol: str,
    counts: Mapping[str, int],
    depth: Mapping[str, Row],
    uncertainty: Mapping[str, Row],
    curves: Mapping[str, Mapping[str, SparsificationCurves]],
    pictures: Sequence[Picture] = (),
) -> Result:
    """Files: `metrics.json`, `metrics.md`, `depth.csv`; with uncertainties `uncertainty.csv` and `sparsification.*`.

    Args:
        protocol: range, crop and alignment in one line.
        counts: `images`, and what else was counted.
        depth: method -> errors of its depth.
        uncertainty: estimator -> AUSE and AURG, and whatever else is known of it: a column each.
        curves: estimator -> error -> mean curves.
        pictures: more of them, for example of the training.
    """
    images = f"{counts['images']} image{'s' if counts['images'] != 1 else ''}"
    named = [[{"name": name, **row} for name, row in rows.items()] for rows in (depth, uncertainty)]
    tables = [
        Table(key, f"{key.capitalize()} ({protocol}; {images})", columns_of(rows), tuple(rows))
        for key, rows in zip(("depth", "uncertainty"), named, strict=True)
    ]
    drawn, lines = [], []
    if curves:
        figure = sparsification_figure(curves, title=f"Sparsification ({protocol})")
        drawn.append(Picture("sparsification", render(figure)))
        lines.append(_sparsification_curves(curves))
    return Result(
        name="metrics",
        title="Evaluation",
        protocol=protocol,
        tables=tuple(tables),
        pictures=(*drawn, *pictures),
        curves=tuple(lines),
        facts=counts,
    )


def _sparsification_curves(curves: Mapping[str, Mapping[str, SparsificationCurves]]) -> Curves:
    """Estimator, error and kind of the line, with points between them; "random" is one number, repeated."""
    some = next(iter(next(iter(curves.values())).values()))
    x = np.linspace(0, 1, len(some.method)).tolist()
    lines = {
        f"{estimator}.{error}.{kind}": line.expand(len(x)).tolist()
        for estimator, by_error in curves.items()
        for error, found in by_error.items()
        for kind, line in found._asdict().items()
    }
    return Curves("sparsification", "fraction_removed", x, lines)
