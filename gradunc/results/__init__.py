"""What a command has found: one value, and renderers for terminal, JSON, CSV, Markdown and PNG."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.results.renderers.terminal import show
    from gradunc.results.result import Column, Curves, Picture, Result, Row, Table, Value
    from gradunc.results.writing import FORMATS, write

__all__ = ["FORMATS", "Column", "Curves", "Picture", "Result", "Row", "Table", "Value", "show", "write"]

_WHERE = {
    "Column": "result",
    "Curves": "result",
    "FORMATS": "writing",
    "Picture": "result",
    "Result": "result",
    "Row": "result",
    "Table": "result",
    "Value": "result",
    "show": "renderers.terminal",
    "write": "writing",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)
