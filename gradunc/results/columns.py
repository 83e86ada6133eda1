"""Unit, polarity and digits of the columns that several results share."""

from collections.abc import Sequence

from gradunc.results.result import Column, Row

SHARED = {
    column.name: column
    for column in (
        Column("name", digits=None, title=""),
        Column("abs_rel", better="low"),
        Column("sq_rel", "m", "low"),
        Column("rmse", "m", "low"),
        Column("rmse_log", better="low"),
        Column("a1", better="high"),
        Column("a2", better="high"),
        Column("a3", better="high"),
        Column("log10", better="low"),
        Column("silog", "%", "low"),
        Column("ause_abs_rel", better="low"),
        Column("aurg_abs_rel", better="high"),
        Column("ause_rmse", "m", "low"),
        Column("aurg_rmse", "m", "high"),
        Column("ause_a1", better="low"),
        Column("aurg_a1", better="high"),
        Column("cost", "forward passes", "low"),
    )
}
"""Name -> column, for every error of `gradunc.metrics`."""


def columns_of(rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns of rows in their order: a shared one by its name, any other as text or number of its first cell."""
    first = rows[0] if rows else {}
    return tuple(
        SHARED.get(name) or Column(name, digits=None if isinstance(value, str) else Column.digits)
        for name, value in first.items()
    )
