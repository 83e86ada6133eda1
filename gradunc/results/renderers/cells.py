"""A cell as people read it, and the table that they read."""

import math

from gradunc.results.result import Column, Result, Row, Table, Value

MISSING = "-"
"""Stands for a number that does not exist."""


def cell_text(column: Column, value: Value) -> str:
    """A cell with the decimals of its column.

    >>> cell_text(Column("rmse", digits=2), 3.14159), cell_text(Column("rmse"), float("nan"))
    ('3.14', '-')
    """
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return MISSING
    return str(value) if column.digits is None else f"{value:.{column.digits}f}"


def columns_and_bounds(table: Table) -> list[tuple[Column, tuple[Column, ...]]]:
    """The columns that people read, and those of the ends of their intervals, none or two."""
    return [
        (column, tuple(one for one in table.columns if one.bound_of == column.name))
        for column in table.columns
        if not column.bound_of
    ]


def has_interval(row: Row, bounds: tuple[Column, ...]) -> bool:
    """Whether an interval is known."""
    return bool(bounds) and all(cell_text(one, row[one.name]) != MISSING for one in bounds)


def readable_tables(result: Result) -> list[Table]:
    """The tables that people read: short forms where there are some, none without rows."""
    return [table.short or table for table in result.tables if table.rows]
