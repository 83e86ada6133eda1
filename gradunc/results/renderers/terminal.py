"""A result on the terminal."""

import rich.table
from rich.console import Console
from rich.markup import escape

from gradunc.results.renderers.cells import cell_text, readable_tables
from gradunc.results.result import Result, Table

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
    """A table as rich draws it: text on the left, numbers on the right, nothing read as markup."""
    drawn = rich.table.Table(title=escape(table.title), caption=escape(table.caption) or None)
    for column in table.columns:
        heading = column.name if column.title is None else column.title
        drawn.add_column(escape(heading), justify="left" if column.digits is None else "right", no_wrap=True)
    for number, row in enumerate(table.rows, start=1):
        cells = (escape(cell_text(column, row[column.name])) for column in table.columns)
        drawn.add_row(*cells, end_section=number == table.line_before)
    return drawn
