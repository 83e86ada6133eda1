from dataclasses import replace

from gradunc.results import Column, Result, Table, show
from tests.results.helpers import DEPTH, LAYERS, RESULT


def lines(text):
    return [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in text.splitlines()]


def test_every_cell_is_printed(capsys):
    show(RESULT)
    printed = capsys.readouterr().out
    for row in (
        ["", "rmse", "a1"],
        ["model", "3.1416", "0.50"],
        ["mean|map", "-", "1.00"],
        ["layer", "cost [n]"],
        ["blocks.*", "2.2"],
        ["", "-"],
        ["b", "7.0"],
    ):
        assert row in lines(printed), printed
    assert "all of 3" in printed
    assert "Uncertainty" not in printed
    assert printed.splitlines()[-1] == "2 images*"
    # The line in front of the second row.
    rows = lines(printed)
    assert set(printed.splitlines()[rows.index(["blocks.*", "2.2"]) + 1]) <= set("├─┼┤")


def test_a_wide_table_is_cut_nowhere(capsys):
    columns = tuple(Column(f"a_rather_long_name_{number}") for number in range(12))
    row = {column.name: float(number) for number, column in enumerate(columns)}
    show(Result("wide", "", "", (Table("wide", "Wide", columns, (row,)),)))
    assert [column.name for column in columns] in lines(capsys.readouterr().out)


def test_a_short_table_stands_for_a_long_one(capsys):
    show(replace(RESULT, tables=(replace(DEPTH, short=LAYERS),)))
    printed = capsys.readouterr().out
    assert "blocks.*" in printed
    assert "model" not in printed
