"""The result of an evaluation: errors of depth and of every uncertainty on one data set."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from gradunc.metrics import SparsificationCurves
from gradunc.results.binned import Binned
from gradunc.results.columns import columns_of
from gradunc.results.per_image import PerImage
from gradunc.results.result import Curves, Picture, Result, Row, Table
from gradunc.visualization import render, sparsification_figure


def evaluation_result(
    protocol: str,
    counts: Mapping[str, int],
    depth: Mapping[str, Row],
    uncertainty: Mapping[str, Row],
    curves: Mapping[str, Mapping[str, SparsificationCurves]],
    pictures: Sequence[Picture] = (),
    per_image: PerImage | None = None,
    estimators: Sequence[str] = (),
    binned: Binned | None = None,
) -> Result:
    """Files: `metrics.json`, `metrics.md`, `depth.csv`; with uncertainties `uncertainty.csv` and `sparsification.*`.

    With errors in bins also `errors_by_distance.*` and, with uncertainties, `errors_by_uncertainty.*`.

    Args:
        protocol: range, crop and alignment in one line.
        counts: `images`, and what else was counted.
        depth: method -> errors of its depth.
        uncertainty: estimator -> AUSE and AURG, and whatever else is known of it: a column each.
        curves: estimator -> error -> mean curves.
        pictures: more of them, for example of the training.
        per_image: what the means are made of; `metrics_per_image.csv` holds it.
        estimators: all whose scores should have been ranked.
        binned: errors by distance and by rank of the uncertainty.
    """
    images = f"{counts['images']} image{'s' if counts['images'] != 1 else ''}"
    head = "; ".join([protocol, images, *([per_image.resampling.describe()] if per_image else [])])
    named = [[{"name": name, **row} for name, row in rows.items()] for rows in (depth, uncertainty)]
    tables = [
        Table(key, f"{key.capitalize()} ({head})", columns_of(rows), tuple(rows))
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
        pictures=(*drawn, *(binned.pictures(protocol) if binned else ()), *pictures),
        curves=tuple(lines),
        facts={**counts, **({"intervals": per_image.resampling.facts()} if per_image else {})},
        notes=notes_of(counts, estimators, per_image),
        details=binned.tables() if binned else (),
        per_image=per_image.table() if per_image else None,
    )


def notes_of(
    counts: Mapping[str, int], estimators: Iterable[str] = (), per_image: PerImage | None = None
) -> tuple[str, ...]:
    """What is wrong with the figures or missing in them, a line each; none if all is well.

    Args:
        counts: `images`, `images_without_truth`, `images_unreadable`, `non_finite_predictions`, as far as known.
        estimators: whose scores should have been ranked.
        per_image: knows of which images there is no score.
    """
    said = [
        (counts.get("non_finite_predictions", 0), "predicted value", "NaN or infinite: counted as the nearest depth"),
        (counts.get("images_without_truth", 0), "image", "without true depth that counts: in no figure"),
        (counts.get("images_unreadable", 0), "image", "that could not be read: in no figure"),
    ]
    if per_image is not None:
        missing = {name: counts["images"] - per_image.ranked(name) for name in estimators}
        said += [(n, "image", f"without a finite score of {name}: not in its figures") for name, n in missing.items()]
    return tuple(f"{count} {what}{'s' if count > 1 else ''} {why}" for count, what, why in said if count)


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
