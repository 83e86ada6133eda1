"""Results that are read back."""

import json
from pathlib import Path

import pytest

from gradunc.errors import InputError
from gradunc.results.stored import find_result, read_result

METRICS = {
    "protocol": "no crop",
    "images": 7,
    "intervals": {"unit": "scene", "units": 5},
    "depth": {"model": {"abs_rel": 0.25, "rmse": None}, "constant depth": {"abs_rel": 0.5, "rmse": 1}},
    "uncertainty": {"gradient": {"ause_abs_rel": 0.1, "scale": "score"}, "trivial_row": {"ause_abs_rel": 0.2}},
    "judged": {"weights": "0badcafe", "data": "kitti", "size": "64x96", "estimators": {"gradient": {"method": "x"}}},
}
BENCHMARK = {
    "protocol": "no crop",
    "images": 1,
    "depth": {"abs_rel": 0.25},
    "benchmark": {"flip": {"ause_abs_rel": 0.1, "ence": 0.2}},
}


def written(folder: Path, name: str, content: object) -> Path:
    (folder / name).write_text(json.dumps(content))
    return folder


def test_an_evaluation(tmp_path: Path) -> None:
    found = read_result(written(tmp_path, "metrics.json", METRICS))
    assert (found.images, found.units, found.weights, found.data, found.size) == (
        7,
        "5 scenes",
        "0badcafe",
        "kitti",
        "64x96",
    )
    assert found.depth == {"model": {"abs_rel": 0.25, "rmse": None}, "constant depth": {"abs_rel": 0.5, "rmse": 1.0}}
    assert found.estimators == ("gradient",)
    assert (found.options("gradient"), found.options("other")) == ({"method": "x"}, {})


def test_a_benchmark_of_a_version_that_did_not_say_what_was_judged(tmp_path: Path) -> None:
    found = read_result(written(tmp_path, "benchmark.json", BENCHMARK))
    assert found.depth == {"model": {"abs_rel": 0.25}}
    assert found.uncertainty == {"flip": {"ause_abs_rel": 0.1, "ence": 0.2}}
    assert (found.units, found.weights, found.data, found.size) == ("", None, None, None)


def test_an_evaluation_is_found_before_a_benchmark(tmp_path: Path) -> None:
    assert find_result(tmp_path) is None
    written(tmp_path, "benchmark.json", BENCHMARK)
    written(tmp_path, "metrics.json", METRICS)
    assert find_result(tmp_path) == tmp_path / "metrics.json"


def test_a_folder_of_several_networks_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    written(tmp_path / "a", "benchmark.json", BENCHMARK)
    with pytest.raises(InputError, match=r"holds no metrics\.json and no .*; give one of its networks, as '.*/a'"):
        read_result(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {},
        {**METRICS, "images": "many"},
        {**METRICS, "depth": 3},
        {**METRICS, "depth": {"model": {"abs_rel": [1]}}},
        {**METRICS, "depth": {"model": {"abs_rel": True}}},
        {**METRICS, "uncertainty": {"gradient": 1}},
        {"protocol": "x", "images": 1, "sequences": {}},
    ],
)
def test_something_else_is_one_line(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(InputError, match=r"metrics\.json' is no result of infer\.py evaluate or benchmark") as found:
        read_result(written(tmp_path, "metrics.json", wrong))
    assert "\n" not in str(found.value)


def test_a_judged_that_is_damaged_says_nothing(tmp_path: Path) -> None:
    for judged in (3, {"weights": 3, "estimators": 4}, {"estimators": {"gradient": 5}}):
        found = read_result(written(tmp_path, "metrics.json", {**METRICS, "judged": judged}))
        assert (found.weights, found.options("gradient")) == (None, {})
