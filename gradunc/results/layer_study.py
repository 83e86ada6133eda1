"""The result of a layer study: every layer x channel reduction x reference, and the trivial scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradunc.metrics import AREAS, Resampling
from gradunc.results.columns import SHARED, bounds_of, without_bounds
from gradunc.results.evaluation import notes_of
from gradunc.results.result import Column, Picture, Result, Row, Table
from gradunc.uncertainty.gradient.reductions import CHANNELS
from gradunc.visualization import render, study_figure

TEXTS = ("method", "reference", "layer", "channels")
BOUNDS = tuple(end for name in AREAS for end in bounds_of(SHARED[name]))
COLUMNS = (*(Column(name, digits=None) for name in TEXTS), *(SHARED[name] for name in ("cost", *AREAS)), *BOUNDS)
SHOWN = 10
"""Best rows of the short table."""


def study_result(
    protocol: str,
    counts: Mapping[str, int],
    cells: Sequence[Row],
    trivial: Sequence[Row],
    *,
    resampling: Resampling,
    depth: Row,
    layers: Mapping[str, Sequence[str]],
    about: Mapping[str, Any],
) -> Result:
    """Files: `study.json`, `study.csv`, `study.md` and `study.png`.

    Args:
        protocol: range, crop and alignment in one line.
        counts: `images`, how many were compared, and what else was counted.
        cells: columns are `COLUMNS`, in any order.
        trivial: the same of the trivial scores, whose `reference`, `layer` and `channels` are empty.
        resampling: what the intervals of the rows come from.
        depth: errors of the depth.
        layers: reference -> layers in the order of the heat map.
        about: settings that all cells share.
    """
    ordered = sorted(cells, key=lambda row: (math.isnan(_area(row)), _area(row)))
    rows = (*ordered, *trivial)
    title, images = f"Layer study ({protocol}; {resampling.describe()})", counts["images"]
    columns = COLUMNS if resampling.enough else without_bounds(COLUMNS)
    short = _short(title, columns[1:], images, ordered, trivial)
    table = Table("study", title, columns, rows, keys=0, json_key="rows", short=short)
    heading = f"Layer study, {images} images ({protocol})"
    return Result(
        name="study",
        title="Layer study",
        protocol=protocol,
        tables=(table,),
        pictures=(Picture("study", _heat_map(cells, trivial, layers, heading)),),
        facts={**counts, "intervals": resampling.facts(), **about, "depth": dict(depth), "best": dict(rows[0])},
        notes=notes_of(counts),
    )


def _area(row: Row) -> float:
    area = row["ause_abs_rel"]
    assert isinstance(area, float), "an area is a number"
    return area


def _short(title: str, columns: Sequence[Column], images: int, ordered: Sequence[Row], trivial: Sequence[Row]) -> Table:
    """The best cells and all trivial scores, which are named where the cells name their reference."""
    columns = [replace(column, digits=2) if column.name == "cost" else column for column in columns]
    best = ordered[:SHOWN]
    rows = [*best, *({**row, "reference": f"trivial: {row['method']}"} for row in trivial)]
    rest = f"the best {SHOWN} of {len(ordered)} cells" if len(ordered) > SHOWN else f"all {len(ordered)} cells"
    return Table(
        "study",
        title,
        tuple(columns),
        tuple({column.name: row[column.name] for column in columns} for row in rows),
        caption=f"{images} images; {rest}, low AUSE = good; cost in forward passes",
        line_before=len(best),
    )


def _heat_map(
    cells: Sequence[Row], trivial: Sequence[Row], layers: Mapping[str, Sequence[str]], title: str
) -> np.ndarray:
    areas = {(row["reference"], row["layer"], row["channels"]): _area(row) for row in cells}
    blocks = {
        reference: np.array([[areas[reference, layer, channels] for channels in CHANNELS] for layer in names])
        for reference, names in layers.items()
    }
    chance = next((_area(row) for row in trivial if row["method"] == "constant"), None)
    return render(study_figure(blocks, layers, list(CHANNELS), title, chance=chance))
