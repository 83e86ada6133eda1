"""Unit, polarity and digits of the columns that several results share."""

from collections.abc import Sequence

from gradunc.measures import MEASURES
from gradunc.results.result import Column, Row

SHARED = {
    "name": Column("name", digits=None, title=""),
    **{name: Column(name, measure.unit, measure.better) for name, measure in MEASURES.items()},
}
"""Name -> column, for every error of `gradunc.metrics`."""

ENDS = ("low", "high")
"""Of an interval: endings of the columns."""


def columns_of(rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns of rows in their order: a shared one by its name, any other as text or number of its first cell."""
    first = rows[0] if rows else {}
    return tuple(
        SHARED.get(name) or bound(name) or Column(name, digits=None if isinstance(value, str) else Column.digits)
        for name, value in first.items()
    )


def bound(name: str) -> Column | None:
    """The column of an end of the interval of a shared column, by its name; None for other names.

    >>> bound("rmse_low"), bound("rmse")
    (Column(name='rmse_low', unit='m', better='none', digits=3, title=None, bound_of='rmse'), None)
    """
    of, _, end = name.rpartition("_")
    return bounds_of(SHARED[of])[ENDS.index(end)] if end in ENDS and of in SHARED else None


def without_bounds(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of a table that has no intervals."""
    return tuple(column for column in columns if not column.bound_of)


def bounds_of(column: Column) -> tuple[Column, ...]:
    """The columns of the two ends of the interval of a column, with one decimal less than that."""
    digits = max((column.digits or 0) - 1, 0)
    return tuple(Column(f"{column.name}_{end}", column.unit, digits=digits, bound_of=column.name) for end in ENDS)
