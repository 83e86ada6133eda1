"""A result as Markdown, with units and polarity in the headings: to paste into a report or an issue."""

from gradunc.results.renderers.cells import cell_text, columns_and_bounds, has_interval, readable_tables
from gradunc.results.result import Column, Result, Row, Table

ARROWS = {"high": " ↑", "low": " ↓", "none": ""}
"""Which way is better."""


def markdown_file(result: Result) -> dict[str, bytes]:
    """`NAME.md`; it shows the PNG files beside it."""
    parts = [f"# {literal(result.title)}", f"Protocol: {literal(result.protocol)}"]
    for table in readable_tables(result):
        parts += [f"## {literal(table.title)}", table_text(table)]
        if table.caption:
            parts.append(literal(table.caption))
    parts += [literal(note) for note in result.notes]
    parts += [f"![{picture.name}]({picture.name}.png)" for picture in result.pictures]
    return {f"{result.name}.md": ("\n\n".join(parts) + "\n").encode()}


def table_text(table: Table) -> str:
    """A table, with units and polarity in the headings."""
    columns = columns_and_bounds(table)
    lines = [
        [_heading(column) for column, _ in columns],
        ["---" if column.digits is None else "---:" for column, _ in columns],
        *([literal(_cell(row, column, bounds)) for column, bounds in columns] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: Row, column: Column, bounds: tuple[Column, ...]) -> str:
    """A value, and behind it the interval of its mean: "0.0800 [0.071, 0.090]"."""
    text = cell_text(column, row[column.name])
    if not has_interval(row, bounds):
        return text
    return f"{text} [{', '.join(cell_text(one, row[one.name]) for one in bounds)}]"


def _heading(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return literal(f"{column.name}{unit}{ARROWS[column.better]}")


def literal(text: str) -> str:
    r"""One line in which nothing is markup: globs hold asterisks. An underscore inside a word is none.

    >>> print(literal("blocks.*|conv_stem"))
    blocks.\*\|conv_stem
    """
    escaped = "".join(f"\\{letter}" if letter in "\\`*|<" else letter for letter in text)
    return " ".join(escaped.split())
