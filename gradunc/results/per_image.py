"""What was measured of every image: the rows behind the means of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gradunc.metrics import AREAS, ImageRows, Resampling
from gradunc.metrics.functional import DEPTH_ERRORS
from gradunc.metrics.intervals import Interval
from gradunc.results.columns import SHARED
from gradunc.results.result import Column, Row, Table, Value

NO_TRUTH, NO_PIXEL = "no true depth", "no pixel of true depth that counts"
"""Why an image is in no mean."""


@dataclass(frozen=True)
class ImageRecord:
    """An image of an evaluation."""

    number: int | None
    """Under which metrics keep what they measure of it; None for one that could not be read."""
    name: str
    index: int | None = None
    """Position in the data set, if that says it."""
    scene: str | None = None
    pixels: int = 0
    """Of true depth that count."""
    non_finite: int = 0
    """Predictions at them that were NaN or infinite."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Estimator -> mean score over the pixels where it is known, NaN without any."""
    left_out: str = ""
    """Why it is in no mean; "" if it is."""


class PerImage:
    """The images of an evaluation in their order, and what metrics have measured of them.

    Args:
        records: of all processes, and of what could not be read.
        depth: errors of the depth.
        areas: estimator -> AUSE and AURG.
    """

    def __init__(self, records: Sequence[ImageRecord], depth: ImageRows, areas: Mapping[str, ImageRows]) -> None:
        self.records = sorted(records, key=_place)
        self.depth, self.areas = depth, areas
        compared = [record for record in self.records if not record.left_out]
        self._numbers = torch.tensor([record.number for record in compared], dtype=torch.int64)
        self.resampling = Resampling([record.scene for record in compared])

    def with_records(self, records: Sequence[ImageRecord]) -> "PerImage":
        """The same with further images, which are in no mean."""
        return PerImage([*self.records, *records], self.depth, self.areas)

    def at(self, rows: ImageRows) -> Tensor:
        """(N,K) what was measured of each image that is in the means, NaN where it was not."""
        return rows.at(self._numbers)

    def intervals(self, measured: Sequence[ImageRows]) -> list[dict[str, Interval]]:
        """For each of several measurements of these images, name -> interval of the mean; {} with too few units."""
        if not measured or not self.resampling.enough:
            return [{} for _ in measured]
        values = [self.at(rows) for rows in measured]
        flat = iter(self.resampling.of_means(torch.cat(values, 1)))
        return [{name: next(flat) for name in rows.names} for rows in measured]

    def ranked(self, estimator: str) -> int:
        """Images whose score was ranked."""
        return len(self.areas[estimator].numbers) if estimator in self.areas else 0

    def table(self) -> Table:
        """A row for each image: what it is, why it is left out, errors of depth, and AUSE, AURG and score."""
        known = [record.number if record.number is not None else -1 for record in self.records]
        numbers = torch.tensor(known, dtype=torch.int64)
        cells = _cells("", DEPTH_ERRORS, self.depth.at(numbers))
        for name, areas in self.areas.items():
            cells |= _cells(f"{name}/", AREAS, areas.at(numbers))
            cells[Column(f"{name}/score")] = [_number(record.scores.get(name)) for record in self.records]
        rows = [
            {**_about(record), **{column.name: values[place] for column, values in cells.items()}}
            for place, record in enumerate(self.records)
        ]
        return Table("metrics_per_image", "Images", (*ABOUT, *cells), tuple(rows))


ABOUT = (
    Column("image", digits=None),
    Column("index", digits=None),
    Column("scene", digits=None),
    Column("left_out", digits=None),
    Column("pixels", digits=0),
    Column("non_finite", digits=0),
)


def _about(record: ImageRecord) -> Row:
    return {
        "image": record.name,
        "index": record.index,
        "scene": record.scene,
        "left_out": record.left_out or None,
        "pixels": record.pixels,
        "non_finite": record.non_finite,
    }


def _place(record: ImageRecord) -> tuple[bool, int, int]:
    """By position in the data set where that is known, else by number."""
    index = record.index if record.index is not None else record.number
    return index is None, index or 0, record.number or 0


def _cells(prefix: str, names: Sequence[str], values: Tensor) -> dict[Column, list[Value]]:
    columns = [Column(prefix + name, SHARED[name].unit, SHARED[name].better) for name in names]
    return {column: [_number(one) for one in values[:, k].tolist()] for k, column in enumerate(columns)}


def _number(value: float | None) -> Value:
    """An empty cell for what was not measured."""
    return None if value is None or value != value else value
