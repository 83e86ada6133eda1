"""Errors in bins as files."""

import csv
from io import StringIO

import torch

from gradunc.metrics import BinErrors
from gradunc.metrics.binned import DISTANCES, RANKS
from gradunc.results.binned import Binned
from gradunc.results.evaluation import evaluation_result
from gradunc.results.renderers.csv_files import csv_files

NAN = float("nan")


def errors(bins: int, filled: dict[int, tuple[float, float, float, float]]) -> BinErrors:
    """Bins of which only some hold pixels."""
    rows = [filled.get(place, (0.0, NAN, NAN, NAN)) for place in range(bins)]
    return BinErrors(*torch.tensor(rows, dtype=torch.float64).unbind(1))


BY_DISTANCE = errors(len(DISTANCES) - 1, {5: (7, 0.25, 0.5, 1.0), 16: (1, 0.5, 50.0, 0.0)})
BY_RANK = errors(len(RANKS) - 1, {0: (4, 0.25, 0.5, 1.0), 9: (4, 0.5, 8.0, 0.75)})


def files(binned: Binned) -> dict[str, list[dict[str, str]]]:
    result = evaluation_result("p", {"images": 1}, {"model": {"rmse": 4.0}}, {}, {}, binned=binned)
    assert [picture.name for picture in result.pictures] == [f"errors_by_{one}" for one in ("distance", "uncertainty")][
        : 1 + bool(binned.by_uncertainty)
    ]
    return {name: list(csv.DictReader(StringIO(text.decode()))) for name, text in csv_files(result).items()}


def test_bins_that_hold_pixels_by_distance() -> None:
    found = files(Binned(BY_DISTANCE, {}))
    assert set(found) == {"depth.csv", "errors_by_distance.csv"}
    assert found["errors_by_distance.csv"] == [
        {"from_m": "2.0", "to_m": "3.0", "pixels": "7", "abs_rel": "0.25", "rmse": "0.5", "a1": "1.0"},
        {"from_m": "80.0", "to_m": "", "pixels": "1", "abs_rel": "0.5", "rmse": "50.0", "a1": "0.0"},
    ]


def test_every_tenth_of_every_estimator() -> None:
    rows = files(Binned(BY_DISTANCE, {"flip": BY_RANK, "gray": BY_RANK}))["errors_by_uncertainty.csv"]
    assert [(row["name"], row["from_percent"], row["to_percent"]) for row in rows] == [
        (name, str(low), str(low + 10)) for name in ("flip", "gray") for low in range(0, 100, 10)
    ]
    assert rows[9] == {
        "name": "flip", "from_percent": "90", "to_percent": "100",
        "pixels": "4", "abs_rel": "0.5", "rmse": "8.0", "a1": "0.75",
    }  # fmt: skip
    assert (rows[1]["pixels"], rows[1]["rmse"]) == ("0", ""), "an empty bin"
