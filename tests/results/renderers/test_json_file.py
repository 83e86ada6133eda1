import json
import math

from gradunc.results import Column, Result, Table
from gradunc.results.renderers.json_file import json_file, without_nan
from tests.results.helpers import RESULT

EXPECTED = """{
  "protocol": "alignment median, Garg crop",
  "images": 2,
  "worst": [
    null,
    1.5
  ],
  "depth": {
    "model": {
      "rmse": 3.14159265,
      "a1": 0.5
    },
    "mean|map": {
      "rmse": null,
      "a1": 1.0
    }
  },
  "uncertainty": {},
  "rows": [
    {
      "layer": "blocks.*",
      "[bold]cost": 2.25
    },
    {
      "layer": "",
      "[bold]cost": null
    },
    {
      "layer": "b",
      "[bold]cost": 7
    }
  ]
}
"""


def test_the_whole_file():
    assert {name: content.decode() for name, content in json_file(RESULT).items()} == {"metrics.json": EXPECTED}


def test_two_keys_nest_twice():
    columns = (Column("estimator", digits=None), Column("score", digits=None), Column("auroc"))
    rows = (
        {"estimator": "flip", "score": "mean", "auroc": 0.9},
        {"estimator": "flip", "score": "p95", "auroc": 0.8},
        {"estimator": "gray", "score": "mean", "auroc": 0.7},
    )
    table = Table("ood", "", columns, rows, keys=2)
    (content,) = json_file(Result("ood", "", "", (table,))).values()
    assert json.loads(content)["ood"] == {
        "flip": {"mean": {"auroc": 0.9}, "p95": {"auroc": 0.8}},
        "gray": {"mean": {"auroc": 0.7}},
    }


def test_without_nan_looks_everywhere():
    given = {"a": [math.nan, (1.0, -math.inf)], "b": {"c": math.nan, "d": "nan"}, "e": 0}
    assert without_nan(given) == {"a": [None, [1.0, None]], "b": {"c": None, "d": "nan"}, "e": 0}
