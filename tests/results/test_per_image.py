"""Rows of images, intervals in rows, and how people and programs read them."""

import csv
from io import StringIO

import pytest
import torch

from gradunc.metrics import AREAS, ImageRows
from gradunc.metrics.functional import DEPTH_ERRORS
from gradunc.metrics.intervals import Interval
from gradunc.results import Result, Table
from gradunc.results.bounds import bounded, with_bounds
from gradunc.results.columns import columns_of
from gradunc.results.evaluation import evaluation_result, notes_of
from gradunc.results.per_image import NO_TRUTH, ImageRecord, PerImage
from gradunc.results.renderers.csv_files import csv_files
from gradunc.results.renderers.json_file import json_file
from gradunc.results.renderers.markdown import markdown_file
from gradunc.results.renderers.terminal import show


def rows(names: tuple[str, ...], numbers: list[int], first: float) -> ImageRows:
    values = torch.tensor([[first + number] * len(names) for number in numbers], dtype=torch.float64)
    return ImageRows(torch.tensor(numbers), values, names)


@pytest.fixture
def per_image() -> PerImage:
    """Four images in the order of two processes, the third without truth, the fourth without a score; one unread."""
    records = [
        ImageRecord(0, "a", 0, "s", pixels=5, scores={"gray": 0.5}),
        ImageRecord(2, "c", 2, "t", left_out=NO_TRUTH, scores={"gray": 0.25}),
        ImageRecord(1, "b", 1, "s", pixels=7, non_finite=2, scores={"gray": 1.5}),
        ImageRecord(4, "e", 4, "t", pixels=3, scores={"gray": float("nan")}),
        ImageRecord(None, "d", 3, left_out="damaged"),
    ]
    return PerImage(records, rows(DEPTH_ERRORS, [0, 1, 4], 10), {"gray": rows(AREAS, [0, 1], 20)})


def test_a_row_for_each_image_in_the_order_of_the_data(per_image: PerImage) -> None:
    result = Result("metrics", "", "", per_image=per_image.table())
    (name,) = csv_files(result)
    assert name == "metrics_per_image.csv"
    read = list(csv.DictReader(StringIO(csv_files(result)[name].decode())))
    assert [row["image"] for row in read] == ["a", "b", "c", "d", "e"]
    assert [row["scene"] for row in read] == ["s", "s", "t", "", "t"]
    assert [row["left_out"] for row in read] == ["", "", NO_TRUTH, "damaged", ""]
    assert [row["pixels"] for row in read] == ["5", "7", "0", "0", "3"]
    assert [row["non_finite"] for row in read] == ["0", "2", "0", "0", "0"]
    assert [row["silog"] for row in read] == ["10.0", "11.0", "", "", "14.0"]
    assert [row["gray/aurg_a1"] for row in read] == ["20.0", "21.0", "", "", ""]
    assert [row["gray/score"] for row in read] == ["0.5", "1.5", "0.25", "", ""]
    assert list(read[0])[:7] == ["image", "index", "scene", "left_out", "pixels", "non_finite", "abs_rel"]
    assert "metrics_per_image" not in json_file(result)["metrics.json"].decode()
    assert "| a |" not in markdown_file(result)["metrics.md"].decode()


def test_only_compared_images_are_drawn(per_image: PerImage) -> None:
    assert per_image.resampling.units == "2 scenes"
    assert per_image.intervals([]) == []
    assert per_image.intervals([per_image.depth, per_image.depth]) == [{}, {}], "2 scenes are too few"
    records = [ImageRecord(i, f"{i}", pixels=1) for i in range(6)]
    many = PerImage(records, rows(DEPTH_ERRORS, list(range(6)), 10), {"gray": rows(AREAS, [0, 1, 2, 3, 4], 20)})
    depth, gray = many.intervals([many.depth, many.areas["gray"]])
    assert list(depth) == list(DEPTH_ERRORS)
    assert 10 <= depth["rmse"].low < 12.5 < depth["rmse"].high <= 15
    assert 20 <= gray["ause_rmse"].low < 22 < gray["ause_rmse"].high <= 24


INTERVALS = {"rmse": Interval(3.25, 4.75), "a1": Interval(float("nan"), float("nan"))}


def test_bounds_are_columns_for_programs_and_stand_beside_the_value_for_people(capsys: pytest.CaptureFixture) -> None:
    row = with_bounds({"name": "model", "rmse": 4.0, "a1": 0.5}, INTERVALS)
    table = Table("depth", "Depth", columns_of([row]), (row,))
    result = Result("metrics", "", "", tables=(table,))
    assert csv_files(result)["depth.csv"].decode() == (
        "name,rmse,a1,rmse_low,rmse_high,a1_low,a1_high\nmodel,4.0,0.5,3.25,4.75,,\n"
    )
    assert "| model | 4.0000 [3.250, 4.750] | 0.5000 |" in markdown_file(result)["metrics.md"].decode()
    assert "| name | rmse [m] ↓ | a1 ↑ |" in markdown_file(result)["metrics.md"].decode()
    show(result)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    assert cells == [["model", "4.0000", "0.5000"], ["low", "3.250", "-"], ["high", "4.750", "-"]]


def test_rows_without_any_interval_are_one_line(capsys: pytest.CaptureFixture) -> None:
    found = bounded({"model": {"rmse": 4.0}, "other": {"rmse": 5.0}}, [{}, {}])
    named = [{"name": name, **row} for name, row in found.items()]
    show(Result("metrics", "", "", tables=(Table("depth", "Depth", columns_of(named), tuple(named)),)))
    assert sum(line.startswith("│") for line in capsys.readouterr().out.splitlines()) == 2


def test_notes_say_what_is_missing(per_image: PerImage) -> None:
    counts = {"images": 3, "images_without_truth": 1, "images_unreadable": 2, "non_finite_predictions": 2}
    assert notes_of(counts, ["gray"], per_image) == (
        "2 predicted values NaN or infinite: counted as the nearest depth",
        "1 image without true depth that counts: in no figure",
        "2 images that could not be read: in no figure",
        "1 image without a finite score of gray: not in its figures",
    )
    assert notes_of({"images": 3}) == ()


def test_the_head_names_the_unit(per_image: PerImage) -> None:
    counts = {"images": 3}
    depth = {"model": {"rmse": 1.0}}
    result = evaluation_result("p", counts, depth, {}, {}, per_image=per_image, estimators=["gray", "never"])
    assert (
        result.tables[0].title == "Depth (p; 3 images; no intervals: n = 2 scenes is too small, at least 5 are needed)"
    )
    assert result.facts["intervals"] == {"level": 0.95, "draws": 2000, "seed": 0, "unit": "scene", "units": 2}
    assert result.notes[-1] == "3 images without a finite score of never: not in its figures"
