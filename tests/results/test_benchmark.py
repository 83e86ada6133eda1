"""Tables and figure of a benchmark, of one network and of several."""

import json

from gradunc.metrics import ImageRows
from gradunc.metrics.functional import DEPTH_ERRORS
from gradunc.results import Result, benchmark
from gradunc.results.benchmark import AREAS, BEHIND, COSTS, RANKING, benchmark_result
from gradunc.results.benchmarks import together
from gradunc.results.per_image import ImageRecord, PerImage
from gradunc.results.renderers.csv_files import csv_files
from gradunc.results.renderers.json_file import json_file
from gradunc.results.renderers.markdown import markdown_file
from gradunc.visualization.cost_figure import cost_figure


def row(ause: float, cost: float, **more: object) -> dict:
    numbers = {**dict.fromkeys((*AREAS, *BEHIND, *COSTS), 0.5), "ause_abs_rel": ause, "cost": cost}
    return {**numbers, "needs": "nothing", "scale": "score", **more}


def images() -> PerImage:
    records = [ImageRecord(0, "a.png", 0), ImageRecord(1, "b.png", 1)]
    return PerImage(records, ImageRows.none(DEPTH_ERRORS), {})


def result(rows: dict[str, dict], network: str = "mine", **more: object) -> Result:
    counts = {"images": 2, "images_without_truth": 1}
    return benchmark_result(
        "median",
        counts,
        rows,
        network=network,
        depth={"abs_rel": 0.1},
        per_image=images(),
        **more,  # pyright: ignore[reportArgumentType]
    )


ROWS = {"b": row(0.2, 2.0, nll=1.5), "a": row(0.1, 5.0, nll=None, ause_abs_rel_low=0.05, ause_abs_rel_high=0.15)}


def test_the_best_is_first_and_people_read_the_ranking():
    (table, cost) = result(ROWS).tables
    assert [one["name"] for one in table.rows] == ["a", "b"]
    assert table.short is not None
    names = [column.name for column in table.short.columns]
    assert names == ["name", *RANKING, "ause_abs_rel_low", "ause_abs_rel_high"]
    assert {"aurg_rmse", "milliseconds", "needs", "scale"} <= {column.name for column in table.columns}
    assert [column.name for column in cost.columns] == ["name", *COSTS, "needs"]


def test_what_else_was_measured_has_a_table():
    tables = result(ROWS, measured=("cost",)).tables  # any known measure
    assert [table.name for table in tables] == ["benchmark", "benchmark_cost", "benchmark_units"]
    assert [column.name for column in tables[2].columns] == ["name", "cost", "scale"]


def test_programs_get_everything():
    content = json.loads(json_file(result(ROWS))["benchmark.json"])
    assert content["benchmark"]["a"]["ause_abs_rel_low"] == 0.05
    assert content["depth"] == {"abs_rel": 0.1}
    assert content["network"] == "mine"
    assert b"behind_rmse" in csv_files(result(ROWS))["benchmark.csv"]


def test_notes_stand_below():
    text = markdown_file(result(ROWS, notes=("uncertainty.x left out: no head",)))["benchmark.md"].decode()
    assert "uncertainty.x left out: no head" in text
    assert "1 image without true depth" in text
    assert "2 images without a finite score of a" in text


def test_several_networks():
    found = together({"one": result(ROWS, "one"), "two": result({"a": row(0.3, 2.0)}, "two", notes=("odd",))})
    table = found.tables[0]
    assert [(one["network"], one["name"]) for one in table.rows] == [("one", "a"), ("one", "b"), ("two", "a")]
    assert table.rows[2]["ause_abs_rel_low"] is None
    assert table.short is not None
    assert len(table.short.rows) == 3
    content = json.loads(json_file(found)["benchmark.json"])
    assert content["benchmark"]["two"]["a"]["ause_abs_rel"] == 0.3
    assert content["networks"]["one"]["network"] == "one"
    assert "two: odd" in found.notes


def test_the_order_of_networks_does_not_hide_columns():
    found = together({"two": result({"a": row(0.3, 2.0)}, "two"), "one": result(ROWS, "one")})
    assert found.tables[0].rows[1]["ause_abs_rel_low"] == 0.05


def test_a_method_without_a_figure_is_last_and_not_drawn(monkeypatch):
    drawn = []

    def noted(networks, title):
        drawn.append({network: set(points) for network, points in networks.items()})
        return cost_figure(networks, title)

    monkeypatch.setattr(benchmark, "cost_figure", noted)
    found = result({**ROWS, "none": row(float("nan"), 2.0)})
    assert [one["name"] for one in found.tables[0].rows][-1] == "none"
    assert drawn == [{"mine": {"a", "b"}}]


def test_files():
    assert {"benchmark.csv", "benchmark_cost.csv", "benchmark_per_image.csv"} == set(csv_files(result(ROWS)))
