"""A result as Markdown, with units and polarity in the headings: to paste into a report or an issue."""

from gradunc.results.renderers.cells import cell_text, readable_tables
from gradunc.results.result import Column, Result, Table

ARROWS = {"high": " ↑", "low": " ↓", "none": ""}
"""Which way is better."""


def markdown_file(result: Result) -> dict[str, bytes]:
    """`NAME.md`; it shows the PNG files beside it."""
    parts = [f"# {_literal(result.title)}", f"Protocol: {_literal(result.protocol)}"]
    for table in readable_tables(result):
        parts += [f"## {_literal(table.title)}", _table(table)]
        if table.caption:
            parts.append(_literal(table.caption))
    parts += [_literal(note) for note in result.notes]
    parts += [f"![{picture.name}]({picture.name}.png)" for picture in result.pictures]
    return {f"{result.name}.md": ("\n\n".join(parts) + "\n").encode()}


def _table(table: Table) -> str:
    lines = [
        [_heading(column) for column in table.columns],
        ["---" if column.digits is None else "---:" for column in table.columns],
        *([_literal(cell_text(column, row[column.name])) for column in table.columns] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _heading(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return _literal(f"{column.name}{unit}{ARROWS[column.better]}")


def _literal(text: str) -> str:
    r"""One line in which nothing is markup: globs hold asterisks. An underscore inside a word is none.

    >>> print(_literal("blocks.*|conv_stem"))
    blocks.\*\|conv_stem
    """
    escaped = "".join(f"\\{letter}" if letter in "\\`*|<" else letter for letter in text)
    return " ".join(escaped.split())
