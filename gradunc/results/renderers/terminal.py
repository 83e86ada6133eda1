"""A result on the terminal."""

from collections.abc import Sequence

import rich.table
from rich.console import Console
from rich.markup import escape

from gradunc.results.columns import ENDS
from gradunc.results.renderers.cells import cell_text, columns_and_bounds, has_interval, readable_tables
from gradunc.results.result import Column, Result, Row, Table

WIDEST = 1000
"""Columns of text that no table needs."""


def show(result: Result) -> None:
    """Print tables and notes."""
    for table in readable_tables(result):
        drawn = terminal_table(table)
        console = Console()
        # A log file counts as 80 columns wide, which would cut the names of the metrics.
        natural = console.measure(drawn, options=console.options.update(max_width=WIDEST)).maximum
        console.width = max(console.width, natural)
        console.print(drawn)
    for note in result.notes:
        print(note)


def terminal_table(table: Table) -> rich.table.Table:
    """A table as rich draws it: text on the left, numbers on the right, nothing read as markup.

    The ends of the intervals of a row stand in two rows below it, so that the table stays as narrow as without them.
    """
    drawn = rich.table.Table(title=escape(table.title), caption=escape(table.caption) or None)
    columns = columns_and_bounds(table)
    for column, _ in columns:
        heading = column.name if column.title is None else column.title
        drawn.add_column(escape(heading), justify="left" if column.digits is None else "right", no_wrap=True)
    for number, row in enumerate(table.rows, start=1):
        lines = [[cell_text(column, row[column.name]) for column, _ in columns], *_intervals(row, columns)]
        for place, line in enumerate(lines, start=1):
            last = place == len(lines) and number == table.line_before
            drawn.add_row(*map(escape, line), end_section=last, style="dim" if place > 1 else None)
    return drawn


def _intervals(row: Row, columns: Sequence[tuple[Column, tuple[Column, ...]]]) -> list[list[str]]:
    """Two lines, the low and the high ends; none if the row has no interval. The first column says which it is."""
    if not any(has_interval(row, bounds) for _, bounds in columns):
        return []
    ends = [[bounds[place] if bounds else None for _, bounds in columns[1:]] for place in range(len(ENDS))]
    return [
        [f"  {end}", *("" if one is None else cell_text(one, row[one.name]) for one in bounds)]
        for end, bounds in zip(ENDS, ends, strict=True)
    ]
