"""The numbers of a training run, read from the metrics.csv that Lightning's CSVLogger writes."""

import csv
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gradunc.errors import InputError


class Series(NamedTuple):
    """One column of the file without its empty cells."""

    name: str
    steps: list[float]
    values: list[float]
    epochs: list[float]
    """In which the values were measured, from 0; NaN where the file does not say it."""


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
    return any(series.name.startswith(("train/", "val/")) for series in read_history(*paths))


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
            earlier = merged.get(series.name, Series(series.name, [], [], []))
            lists = (one + more for one, more in zip(earlier[1:], series[1:], strict=True))
            merged[series.name] = Series(series.name, *lists)
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


def _series(name: str, rows: Sequence[dict[str, str | None]]) -> Series:
    points = [(_number(row.get("step")), _number(row.get(name)), _number(row.get("epoch"))) for row in rows]
    known = [point for point in points if math.isfinite(point[0]) and math.isfinite(point[1])]
    return Series(name, *([point[place] for point in known] for place in range(3)))


def _number(cell: str | None) -> float:
    try:
        return float(cell or "nan")
    except ValueError:
        return math.nan
