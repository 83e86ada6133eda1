"""Rows of a table for a LaTeX document."""

from gradunc.results.renderers.cells import MISSING, cell_text, columns_and_bounds, has_interval
from gradunc.results.result import Column, Row, Table

MARKS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}


def latex_rows(table: Table) -> str:
    r"""The rows that people read, `a & b \\` each, below a comment that names the columns; best cells are bold.

    Intervals stand in brackets behind their value, in `\scriptsize`. Of equal figures as printed all are bold. Give a
    table its own `tabular` around them; no package is needed.
    """
    shown = table.short or table
    columns = columns_and_bounds(shown)
    best = {column.name: _best(column, shown.rows) for column, _ in columns}
    heading = " & ".join(_head(column) for column, _ in columns)
    lines = [f"% {escaped(table.title)}", f"% {heading}"]
    for number, row in enumerate(shown.rows, start=1):
        cells = [_cell(row, column, bounds, best[column.name]) for column, bounds in columns]
        lines.append(" & ".join(cells) + r" \\" + (r" \hline" if number == shown.line_before else ""))
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""Text in which nothing is markup.

    >>> print(escaped("flip_difference, 5%"))
    flip\_difference, 5\%
    """
    return "".join(MARKS.get(letter, letter) for letter in " ".join(text.split()))


def _head(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return escaped(f"{column.name}{unit}")


def _cell(row: Row, column: Column, bounds: tuple[Column, ...], best: str) -> str:
    text = escaped(cell_text(column, row[column.name]))
    text = rf"\textbf{{{text}}}" if best and cell_text(column, row[column.name]) == best else text
    if not has_interval(row, bounds):
        return text
    return rf"{text} {{\scriptsize [{', '.join(cell_text(one, row[one.name]) for one in bounds)}]}}"


def _best(column: Column, rows: tuple[Row, ...]) -> str:
    """The best cell as it is printed; "" where none is better than others."""
    if column.better == "none":
        return ""
    values = [value for row in rows if isinstance(value := row[column.name], int | float) and value == value]
    if not values:
        return ""
    text = cell_text(column, max(values) if column.better == "high" else min(values))
    return "" if text == MISSING else text
