"""Formats for programs hold the same numbers, to the last digit; those for people the same, rounded."""

import csv
import json
import math
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from gradunc.results import Column, Result, Table
from gradunc.results.renderers.csv_files import csv_files
from gradunc.results.renderers.json_file import json_file
from gradunc.results.renderers.markdown import markdown_file

names = st.text("abcdefgh_.", min_size=1, max_size=8)
numbers = st.floats(allow_infinity=False)


@st.composite
def results(draw: st.DrawFn) -> Result:
    columns = draw(st.lists(names.map("n_".__add__), unique=True, min_size=1, max_size=5))
    labels = draw(st.lists(names, unique=True, min_size=1, max_size=5))
    rows = [{"name": label, **{column: draw(numbers) for column in columns}} for label in labels]
    table = Table("table", "", (Column("name", digits=None), *(Column(name, digits=3) for name in columns)), (*rows,))
    return Result("result", "", "", (table,))


def number(value: float | None) -> float:
    return math.nan if value is None else value


def same(one: float, two: float) -> bool:
    return one == two or (math.isnan(one) and math.isnan(two))


@given(results())
def test_json_and_csv(result: Result) -> None:
    (table,) = result.tables
    written = json.loads(json_file(result)["result.json"])["table"]
    read = list(csv.DictReader(StringIO(csv_files(result)["table.csv"].decode())))
    assert [row["name"] for row in read] == list(written) == [row["name"] for row in table.rows]
    for row, true in zip(read, table.rows, strict=True):
        for column in table.columns[1:]:
            assert same(float(row[column.name]), number(written[row["name"]][column.name]))
            assert same(float(row[column.name]), true[column.name])  # pyright: ignore[reportArgumentType]


@given(results())
def test_markdown_rounds(result: Result) -> None:
    (table,) = result.tables
    lines = markdown_file(result)["result.md"].decode().splitlines()
    cells = [line.strip("| ").split(" | ")[1:] for line in lines if line.startswith("| ")][2:]
    for texts, row in zip(cells, table.rows, strict=True):
        for text, column in zip(texts, table.columns[1:], strict=True):
            value = row[column.name]
            assert isinstance(value, float)
            assert (text == "-") if math.isnan(value) else math.isclose(float(text), value, abs_tol=0.0005)
