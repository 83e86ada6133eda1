"""Curves of a training run, read from the metrics.csv that Lightning's CSVLogger writes."""

import csv
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradunc.errors import InputError

QUANTITIES = ("loss", "abs_rel", "rmse", "a1")
"""What is drawn by default, one plot each."""


class Series(NamedTuple):
    """One column of the file without its empty cells."""

    name: str
    steps: list[float]
    values: list[float]


def history_files(folder: Path) -> list[Path]:
    """The files of all parts of a run, oldest first: metrics.1.csv, metrics.2.csv, ... of a resumed one, metrics.csv.

    Empty without metrics.csv.
    """
    last = folder / "metrics.csv"
    matches = [(re.fullmatch(r"metrics\.([0-9]{1,9})\.csv", file.name), file) for file in folder.glob("metrics.*.csv")]
    earlier = sorted((int(match[1]), file) for match, file in matches if match)
    return [*(file for _, file in earlier), last] if last.exists() else []


def is_training(*paths: str | os.PathLike[str]) -> bool:
    """Whether a history has numbers of a training, not only of a test."""
    return any(series.name.startswith("train/") for series in read_history(*paths))


def read_history(*paths: str | os.PathLike[str]) -> list[Series]:
    """Every column of numbers against the step; empty, broken and non-finite cells are left out.

    Args:
        paths: metrics.csv, or the files of all parts of a resumed run in order; the rows are Lightning's, most cells
            empty.

    Raises:
        InputError: a file is missing or has no column `step`.
    """
    merged: dict[str, Series] = {}
    for path in paths:
        for series in _read_part(Path(path)):
            earlier = merged.get(series.name, Series(series.name, [], []))
            merged[series.name] = Series(series.name, earlier.steps + series.steps, earlier.values + series.values)
    return list(merged.values())


def _read_part(file: Path) -> list[Series]:
    if not file.is_file():
        raise InputError(f"no training history at '{file}'; train with the CSV logger first")
    with file.open(newline="") as lines:
        reader = csv.DictReader(lines)
        rows, names = list(reader), [name for name in reader.fieldnames or () if name]
    if "step" not in names:
        raise InputError(f"'{file}' has no column 'step': is it the metrics.csv of a CSV logger?")
    columns = [_series(name, rows) for name in names if name not in ("step", "epoch")]
    return [series for series in columns if series.values]


def training_figure(*paths: str | os.PathLike[str], quantities: Sequence[str] = QUANTITIES) -> Figure:
    """Plot a training run: one plot for each quantity that the files have, train and val in the same one.

    Args:
        paths: as for `read_history`.
        quantities: column names without "train/" or "val/" and without Lightning's "_step" or "_epoch".

    Raises:
        InputError: a file is unusable or there is none of the quantities.
    """
    history = read_history(*paths)
    plots = {wanted: [s for s in history if _quantity(s.name) == wanted] for wanted in quantities}
    plots = {wanted: series for wanted, series in plots.items() if series}
    if not plots:
        raise InputError(
            f"'{paths[-1]}' has none of {', '.join(quantities)} (it has: {', '.join(s.name for s in history)})"
        )
    figure = Figure(figsize=(4.6 * len(plots), 3.8), dpi=100, layout="constrained")
    axes: Sequence[Axes] = figure.subplots(1, len(plots), squeeze=False, sharex=True)[0]
    for axis, (wanted, series) in zip(axes, plots.items(), strict=True):
        for one in series:
            _draw(axis, one)
        axis.set(title=wanted, xlabel="step")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    return figure


def _draw(axis: Axes, series: Series) -> None:
    """The stage has one colour; the noisy values of single steps are thin and pale."""
    stage = series.name.split("/")[0]
    color = {"train": "C0", "val": "C1", "test": "C2"}.get(stage, "C3")
    noisy = series.name.endswith("_step")
    marker = "" if noisy or len(series.values) > 60 else "o"
    width, alpha = (0.8, 0.4) if noisy else (1.6, 1.0)
    axis.plot(
        series.steps,
        series.values,
        color=color,
        marker=marker,
        markersize=3,
        linewidth=width,
        alpha=alpha,
        label=series.name,
    )


def _quantity(name: str) -> str:
    """What a column measures.

    >>> _quantity("train/loss_step"), _quantity("val/abs_rel")
    ('loss', 'abs_rel')
    """
    return name.split("/")[-1].removesuffix("_step").removesuffix("_epoch")


def _series(name: str, rows: Sequence[dict[str, str | None]]) -> Series:
    points = [(_number(row.get("step")), _number(row.get(name))) for row in rows]
    known = [(step, value) for step, value in points if math.isfinite(step) and math.isfinite(value)]
    return Series(name, [step for step, _ in known], [value for _, value in known])


def _number(cell: str | None) -> float:
    try:
        return float(cell or "nan")
    except ValueError:
        return math.nan
