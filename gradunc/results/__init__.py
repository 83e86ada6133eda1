"""What a command has found: one value, and renderers for terminal, JSON, CSV, Markdown and PNG."""

from gradunc.results.renderers.terminal import show
from gradunc.results.result import Column, Curves, Picture, Result, Row, Table, Value
from gradunc.results.writing import FORMATS, write

__all__ = ["FORMATS", "Column", "Curves", "Picture", "Result", "Row", "Table", "Value", "show", "write"]
