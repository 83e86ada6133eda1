import json
import math

from gradunc.results.layer_study import AREAS, SHOWN, study_result
from gradunc.results.renderers.json_file import json_file
from gradunc.uncertainty.gradient.reductions import CHANNELS

LAYERS = {"flip": ["a", "b", "c"]}
FIRST = ("c", next(iter(CHANNELS)))
"""The cell that is not known; all others are worth their number."""


def row(method, layer, channels, area):
    cells = {"method": method, "reference": "flip" if layer else "", "layer": layer, "channels": channels}
    return {**cells, "cost": 2.125, **dict.fromkeys(AREAS, 0.5), "ause_abs_rel": area}


def made():
    cells = [(layer, name) for layer in LAYERS["flip"] for name in CHANNELS]
    rows = [
        row("gradient", *cell, math.nan if cell == FIRST else float(len(cells) - number))
        for number, cell in enumerate(cells)
    ]
    trivial = [row("constant", "", "", 9.0), row("row", "", "", 0.25)]
    return study_result("p", 3, rows, trivial, depth={"rmse": 4.0}, layers=LAYERS, about={"loss": "l1"})


def test_best_first_unknown_last_trivial_at_the_end():
    content = json.loads(json_file(made())["study.json"])
    areas = [one["ause_abs_rel"] for one in content["rows"]]
    known = len(LAYERS["flip"]) * len(CHANNELS) - 1
    assert areas[:known] == sorted(areas[:known])
    assert areas[known:] == [None, 9.0, 0.25]
    assert content["best"] == content["rows"][0]
    assert (content["protocol"], content["images"], content["loss"], content["depth"]) == ("p", 3, "l1", {"rmse": 4.0})
    assert list(content) == ["protocol", "images", "loss", "depth", "best", "rows"]


def test_the_short_table():
    (table,) = made().tables
    short = table.short
    assert short is not None
    assert [one["reference"] for one in short.rows] == ["flip"] * SHOWN + ["trivial: constant", "trivial: row"]
    assert [one["ause_abs_rel"] for one in short.rows[:SHOWN]] == [one["ause_abs_rel"] for one in table.rows[:SHOWN]]
    assert short.line_before == SHOWN
    count = len(LAYERS["flip"]) * len(CHANNELS)
    assert short.caption == f"3 images; the best 10 of {count} cells, low AUSE = good; cost in forward passes"
