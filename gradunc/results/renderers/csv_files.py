"""A result as CSV: a file for each table and each set of curves, with all digits."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from gradunc.results.result import Curves, Result, Table, Value


def csv_files(result: Result) -> dict[str, bytes]:
    """`TABLE.csv` and `CURVES.csv`; NaN is "nan", None an empty cell."""
    tables = [*result.tables, *result.details, *([result.per_image] if result.per_image else [])]
    files = {f"{table.name}.csv": _of_table(table) for table in tables if table.rows}
    return files | {f"{curves.name}.csv": _of_curves(curves) for curves in result.curves}


def _of_table(table: Table) -> bytes:
    names = [column.name for column in table.columns]
    return _write(names, ([row[name] for name in names] for row in table.rows))


def _of_curves(curves: Curves) -> bytes:
    """A column for each line, a row for each x."""
    return _write([curves.axis, *curves.lines], zip(curves.x, *curves.lines.values(), strict=True))


def _write(heading: Sequence[str], rows: Iterable[Iterable[Value]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()
