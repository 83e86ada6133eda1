"""Intervals of means in rows: `abs_rel_low` and `abs_rel_high` beside `abs_rel`."""

from collections.abc import Mapping, Sequence

from gradunc.metrics.intervals import Interval
from gradunc.results.columns import ENDS
from gradunc.results.result import Row


def with_bounds(row: Row, intervals: Mapping[str, Interval]) -> Row:
    """A row with the intervals of some of its cells behind it; empty cells where there is none.

    Args:
        row: of a table.
        intervals: name of a cell -> interval.

    >>> with_bounds({"rmse": 2.0}, {"rmse": Interval(1.5, 2.5)})
    {'rmse': 2.0, 'rmse_low': 1.5, 'rmse_high': 2.5}
    """
    ends = {
        f"{name}_{end}": value if value == value else None
        for name, interval in intervals.items()
        for end, value in zip(ENDS, interval, strict=True)
    }
    return {**row, **ends}


def bounded(rows: Mapping[str, Row], intervals: Sequence[Mapping[str, Interval]]) -> dict[str, Row]:
    """Name -> row, each with the intervals in the same place."""
    return {name: with_bounds(row, found) for (name, row), found in zip(rows.items(), intervals, strict=True)}
