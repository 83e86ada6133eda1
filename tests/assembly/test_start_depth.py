"""Which settings of a network are taken from the data, and which are left alone."""

from typing import Any

import pytest

from gradunc.assembly import start_depth, with_start
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.inspection.depth_range import DepthRange

FOUND = DepthRange(2.0, 10.04, 50.0, 24)


class Data:
    """Stands for the data module."""

    def split(self, name: str) -> str:
        return name


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(start_depth, "depth_range", lambda data, **_: FOUND if data == "train" else None)

    def call(*arguments: str, resumed: Any = None) -> tuple[tuple[Any, ...], str]:
        given = ["model=lcnet", "objective=supervised", *arguments]
        config = load(TrainConfig, TRAIN_GROUPS, parse(given, TRAIN_GROUPS))
        found, text = with_start(config, Data(), resumed=resumed)  # pyright: ignore[reportArgumentType]
        found.model.check()
        return (found.model.min_depth, found.model.max_depth, found.model.initial_depth), text

    return call


def test_median_and_twice_the_quantiles(start) -> None:
    numbers, text = start()
    assert numbers == (1.0, 100.0, 10.0)
    assert text == (
        "from the true depth of 24 training samples (median 10 m): model.min_depth=1 model.max_depth=100 "
        "model.initial_depth=10"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["model.min_depth=0.1", "model.max_depth=200", "model.initial_depth=7"], (0.1, 200.0, 7.0)),
        (["model.initial_depth=7"], (1.0, 100.0, 7.0)),
        (["model.initial_depth=90"], (1.0, 180.0, 90.0)),
        (["model.initial_depth=0.5"], (0.25, 100.0, 0.5)),
        (["model.min_depth=0.1", "model.max_depth=200"], (0.1, 200.0, 10.0)),
        (["model.max_depth=1.6"], (0.4, 1.6, 0.8)),  # the median is out of what is asked for
        (["model.min_depth=90"], (90.0, 360.0, 180.0)),
    ],
)
def test_what_is_stated_stays(start, given: list[str], expected: tuple[float, ...]) -> None:
    numbers, text = start(*given)
    assert numbers == expected
    assert (text == "") == (len(given) == 3)
    assert all(key.partition("=")[0] not in text for key in given)


@pytest.mark.parametrize(
    ("median", "given", "expected"),
    [
        (10.04, ["model.min_depth=10.02"], 10.04),  # three digits would be 10.0
        (10.06, ["model.max_depth=10.08"], 10.06),  # and 10.1
        (10.04, ["model.min_depth=10.02", "model.max_depth=100"], 10.04),
        (50.0, ["model.min_depth=10.02", "model.max_depth=10.04"], 10.03),  # so for the middle of the range
    ],
)
def test_rounding_does_not_leave_the_range(
    start, monkeypatch: pytest.MonkeyPatch, median: float, given: list[str], expected: float
) -> None:
    monkeypatch.setattr(start_depth, "depth_range", lambda data, **_: DepthRange(2.0, median, 50.0, 24))
    assert start(*given)[0][2] == expected


def test_a_linear_head_has_no_range(start) -> None:
    numbers, text = start("model.head=depth")
    assert numbers == (None, None, 10.0)
    assert text.endswith("(median 10 m): model.initial_depth=10")


@pytest.mark.parametrize("given", ["objective=stereo", "objective=mono", "model.weights=somewhere"])
def test_without_true_depth_or_with_trained_weights_nothing_is_taken(start, given: str) -> None:
    assert start(given) == ((None, None, None), "")


def test_data_without_any_truth_leave_the_defaults(start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_depth, "depth_range", lambda data, **_: None)
    assert start() == ((None, None, None), "")


def test_a_resumed_training_goes_on_with_what_is_stored(start) -> None:
    stored = load(TrainConfig, TRAIN_GROUPS, parse(["model=lcnet"], TRAIN_GROUPS)).model.with_range(3.0, 33.0, 7.0)
    assert start(resumed=stored) == ((3.0, 33.0, 7.0), "")
    assert start("model.max_depth=44", resumed=stored) == ((3.0, 44.0, 7.0), "")


def test_with_a_teacher_the_range_is_of_its_depth(start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The teacher is loaded, and what gives samples its depth is handed on."""
    asked: list[Any] = []
    monkeypatch.setattr(start_depth, "teacher_of", lambda objective: objective.teacher)
    monkeypatch.setattr(start_depth, "teaching", lambda teacher: f"depth of {teacher}")
    monkeypatch.setattr(start_depth, "depth_range", lambda data, taught: asked.append(taught) or FOUND)
    numbers, text = start("objective=self_teaching", "objective.teacher=t")
    assert asked == ["depth of t"]
    assert numbers == (1.0, 100.0, 10.0)
    assert text.startswith("from the teacher's depth of 24 training samples")
