"""Numbers and truth values, from the command line and from files."""

import pytest

from tests.config.test_loading import error_of, train
from tests.config.test_loading import yaml as file


@pytest.mark.parametrize(
    ("typed_value", "expected"),
    [("012", 12), ("0x10", 16), ("1_000", 1000), ("+5", 5), ("'7'", 7), ("0b11", 3)],
)
def test_whole_numbers(tmp_path, typed_value, expected):
    assert train(f"seed={typed_value}").seed == expected
    assert train(file(tmp_path, f"seed: {typed_value}")).seed == expected


@pytest.mark.parametrize("word", ["yes", "On", "TRUE", "1", "y"])
def test_truth_values(tmp_path, word):
    assert train(f"data.frame_cache={word}").data.frame_cache is True
    assert train(file(tmp_path, f"data: {{frame_cache: {word}}}")).data.frame_cache is True
    off = {"yes": "no", "On": "Off", "TRUE": "false", "1": "0", "y": "n"}[word]
    assert train(f"data.augmentation.enabled={off}").data.augmentation.enabled is False


@pytest.mark.parametrize(
    "number", ["²", "1²", "٣", "9" * 5000, "1:30", "1_", "_1", "0x", "1e3", "1.0", "--1", "9" * 19]
)
def test_what_is_no_whole_number(number):
    message = error_of(f"seed={number}")
    assert message.startswith("wrong value for 'seed'")
    assert len(message) < 200


@pytest.mark.parametrize("number", ["²", "٣", "1e400", "9" * 5000, "1:30", "1_", "1e", "true", "[1]", "0x"])
def test_what_is_no_number(number):
    assert error_of(f"objective.gamma={number}").startswith("wrong value for 'objective.gamma'")
