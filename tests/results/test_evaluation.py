import csv
import json
from io import StringIO

import numpy as np
import torch

from gradunc.metrics import SparsificationCurves
from gradunc.results.evaluation import evaluation_result
from gradunc.results.renderers.csv_files import csv_files
from gradunc.results.renderers.json_file import json_file

COUNTS = {"images": 1, "images_without_truth": 2}
DEPTH = {"model": {"abs_rel": 0.125, "rmse": 4.0}}


def test_depth_only():
    result = evaluation_result("none, 0-80 m", COUNTS, DEPTH, {}, {})
    assert result.tables[0].title == "Depth (none, 0-80 m; 1 image)"
    assert json.loads(json_file(result)["metrics.json"]) == {
        "protocol": "none, 0-80 m",
        **COUNTS,
        "depth": DEPTH,
        "uncertainty": {},
    }
    assert (result.pictures, result.curves) == ((), ())


def test_a_column_of_text_beside_areas_and_cost():
    rows = {
        "gradient": {"scale": "score", "ause_abs_rel": 0.25, "cost": 2.5},
        "trivial_row": {"scale": "std [m]", "ause_abs_rel": 0.5, "cost": None},
    }
    result = evaluation_result("p", COUNTS | {"images": 2}, DEPTH, rows, {})
    assert result.tables[1].title == "Uncertainty (p; 2 images)"
    assert csv_files(result)["uncertainty.csv"].decode() == (
        "name,scale,ause_abs_rel,cost\ngradient,score,0.25,2.5\ntrivial_row,std [m],0.5,\n"
    )
    assert json.loads(json_file(result)["metrics.json"])["uncertainty"] == rows


def test_curves_as_picture_and_csv():
    line = torch.tensor([3.0, 2.0, 0.0], dtype=torch.float64)
    curves = {"gradient": {"rmse": SparsificationCurves(line, line / 2, line[0])}}
    result = evaluation_result("p", COUNTS, DEPTH, {"gradient": {"ause_rmse": 0.75}}, curves)
    (picture,) = result.pictures
    assert (picture.name, picture.pixels.dtype, picture.pixels.shape[2]) == ("sparsification", np.uint8, 3)
    read = list(csv.DictReader(StringIO(csv_files(result)["sparsification.csv"].decode())))
    assert [float(row["fraction_removed"]) for row in read] == [0, 0.5, 1]
    assert [float(row["gradient.rmse.method"]) for row in read] == [3, 2, 0]
    assert [float(row["gradient.rmse.oracle"]) for row in read] == [1.5, 1, 0]
    assert [float(row["gradient.rmse.random"]) for row in read] == [3, 3, 3]
