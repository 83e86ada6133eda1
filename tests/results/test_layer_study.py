import json
import math

from gradunc.metrics import AREAS, Resampling
from gradunc.results.layer_study import BOUNDS, SHOWN, study_result
from gradunc.results.renderers.json_file import json_file
from gradunc.results.renderers.markdown import markdown_file
from gradunc.uncertainty.gradient.reductions import CHANNELS

LAYERS = {"flip": ["a", "b", "c"]}
IMAGES, TOO_FEW = Resampling([None] * 6), Resampling([None] * 3)
FIRST = ("c", next(iter(CHANNELS)))
"""The cell that is not known; all others are worth their number."""


def row(method, layer, channels, area, ends=BOUNDS):
    cells = {"method": method, "reference": "flip" if layer else "", "layer": layer, "channels": channels}
    ends = {column.name: area + (0.25 if column.name.endswith("high") else -0.25) for column in ends}
    return {**cells, "cost": 2.125, **dict.fromkeys(AREAS, 0.5), "ause_abs_rel": area, **ends}


def made(resampling=IMAGES):
    ends = BOUNDS if resampling.enough else ()
    cells = [(layer, name) for layer in LAYERS["flip"] for name in CHANNELS]
    rows = [
        row("gradient", *cell, math.nan if cell == FIRST else float(len(cells) - number), ends)
        for number, cell in enumerate(cells)
    ]
    trivial = [row("constant", "", "", 9.0, ends), row("row", "", "", 0.25, ends)]
    return study_result(
        "p",
        {"images": 3},
        rows,
        trivial,
        resampling=resampling,
        depth={"rmse": 4.0},
        layers=LAYERS,
        about={"loss": "l1"},
    )


def test_best_first_unknown_last_trivial_at_the_end():
    content = json.loads(json_file(made())["study.json"])
    areas = [one["ause_abs_rel"] for one in content["rows"]]
    known = len(LAYERS["flip"]) * len(CHANNELS) - 1
    assert areas[:known] == sorted(areas[:known])
    assert areas[known:] == [None, 9.0, 0.25]
    assert content["best"] == content["rows"][0]
    assert (content["protocol"], content["images"], content["loss"], content["depth"]) == ("p", 3, "l1", {"rmse": 4.0})
    assert list(content) == ["protocol", "images", "intervals", "loss", "depth", "best", "rows"]


def test_intervals_are_read_in_the_short_table_and_named_in_its_head():
    (line,) = [line for line in markdown_file(made())["study.md"].decode().splitlines() if "trivial: row" in line]
    assert "0.2500 [0.000, 0.500]" in line
    assert "95% bootstrap intervals over 6 images" in made().tables[0].title
    (few,) = made(TOO_FEW).tables
    assert "no intervals: n = 3 images is too small" in few.title
    assert not any(column.bound_of for column in few.columns)


def test_the_short_table():
    (table,) = made().tables
    short = table.short
    assert short is not None
    assert [one["reference"] for one in short.rows] == ["flip"] * SHOWN + ["trivial: constant", "trivial: row"]
    assert [one["ause_abs_rel"] for one in short.rows[:SHOWN]] == [one["ause_abs_rel"] for one in table.rows[:SHOWN]]
    assert short.line_before == SHOWN
    count = len(LAYERS["flip"]) * len(CHANNELS)
    assert short.caption == f"3 images; the best 10 of {count} cells, low AUSE = good; cost in forward passes"
