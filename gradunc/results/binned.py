"""Errors in bins of distance and of uncertainty, as tables and figures of an evaluation."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gradunc.metrics import BinErrors
from gradunc.metrics.binned import DISTANCES, RANKS
from gradunc.metrics.functional import SPARSIFIED
from gradunc.results.columns import SHARED
from gradunc.results.result import Column, Picture, Row, Table
from gradunc.visualization import distance_figure, render, uncertainty_figure

PIXELS = Column("pixels", digits=0)
DISTANCE, UNCERTAINTY = "errors_by_distance", "errors_by_uncertainty"


class Binned(NamedTuple):
    """What an evaluation has measured in bins."""

    by_distance: BinErrors
    """Of the network's depth."""
    by_uncertainty: Mapping[str, BinErrors]
    """Estimator -> errors of its own depth, from the least to the most uncertain tenth of each image."""

    def tables(self) -> tuple[Table, ...]:
        """`errors_by_distance.csv` and, with estimators, `errors_by_uncertainty.csv`; the former without empty bins."""
        near_and_far = [
            {"from_m": low, "to_m": high if np.isfinite(high) else None, **row}
            for low, high, row in zip(DISTANCES, DISTANCES[1:], _rows(self.by_distance), strict=False)
            if row["pixels"]
        ]
        ends = (Column("from_m", "m"), Column("to_m", "m"))
        ranked = [
            {"name": name, "from_percent": low, "to_percent": high, **row}
            for name, errors in self.by_uncertainty.items()
            for low, high, row in zip(RANKS, RANKS[1:], _rows(errors), strict=False)
        ]
        shares = (SHARED["name"], Column("from_percent", "%", digits=0), Column("to_percent", "%", digits=0))
        measured = (PIXELS, *(SHARED[name] for name in SPARSIFIED))
        return (
            Table(DISTANCE, "Errors by true depth, all pixels", (*ends, *measured), tuple(near_and_far), keys=0),
            Table(UNCERTAINTY, "Errors by rank of the uncertainty", (*shares, *measured), tuple(ranked), keys=0),
        )

    def pictures(self, protocol: str) -> tuple[Picture, ...]:
        """`errors_by_distance.png` and, with estimators, `errors_by_uncertainty.png`.

        Args:
            protocol: stands above.
        """
        edges = np.array(DISTANCES)
        found = [Picture(DISTANCE, render(distance_figure(edges, _arrays(self.by_distance), f"({protocol})")))]
        if self.by_uncertainty:
            every = {name: _arrays(errors) for name, errors in self.by_uncertainty.items()}
            found.append(Picture(UNCERTAINTY, render(uncertainty_figure(np.array(RANKS), every, f"({protocol})"))))
        return tuple(found)


def _arrays(errors: BinErrors) -> dict[str, np.ndarray]:
    return {name: values.numpy() for name, values in errors._asdict().items()}


def _rows(errors: BinErrors) -> list[Row]:
    """A row for each bin; what an empty one does not have is an empty cell."""
    columns = {name: values.tolist() for name, values in errors._asdict().items()}
    return [
        {name: int(value) if name == "pixels" else value if value == value else None for name, value in row.items()}
        for row in (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    ]
