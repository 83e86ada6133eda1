"""A cell as people read it, and the table that they read."""

import math

from gradunc.results.result import Column, Result, Table, Value

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


def readable_tables(result: Result) -> list[Table]:
    """The tables that people read: short forms where there are some, none without rows."""
    return [table.short or table for table in result.tables if table.rows]
