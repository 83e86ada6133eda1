"""Lists and their entries in the types of the schema."""

import pytest

from tests.config.test_loading import error_of, evaluate, train, yaml


def test_entries_of_lists_by_their_number():
    assert train("model.size=[32,64]", "model.size.1=96").model.size == [32, 96]
    assert train("model.size.0=64").model.size == [64, 640]
    assert error_of("model.size.2=96") == "model.size.2=96: the list has 2 entries, counted from 0; set the whole list"
    assert "the list has 0 entries" in error_of("model.mean.0=1")
    for number in ("²", "9" * 5000, "-1"):
        assert error_of(f"model.size.{number}=96").startswith("unknown key 'model.size.")


def test_ragged_lists(tmp_path):
    assert error_of("model.std=[[1,2],[3]]") == "wrong value for 'model.std': [1, 2] must be a number"
    assert "[1, 2] must be a number" in error_of(yaml(tmp_path, "model: {std: [[1, 2], [3]]}"))
    assert "must be a whole number" in error_of("model.size=[[1],2]")
    assert evaluate("uncertainty.gradient.layer_weights=[1,0.5]").uncertainty["gradient"].layer_weights == [1.0, 0.5]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("model.size=3", "wrong value for 'model.size': '3' must be a list as [a,b]"),
        ("model.size={a: 1}", "wrong value for 'model.size': '{a: 1}' must be a list as [a,b]"),
        ("seed=[1]", "wrong value for 'seed': '[1]' must be a whole number"),
        ("seed=null", "wrong value for 'seed': 'null' must be a whole number"),
        ("seed=", "wrong value for 'seed': null must be a whole number"),
        ("evaluation.max_depth=far", "wrong value for 'evaluation.max_depth': 'far' must be a number or null"),
        ("data.division.train=half", "'half' must be a number or a list as [a,b]"),
        ("objective.losses={l1: [1]}", "wrong value for 'objective.losses.l1': [1] must be a number"),
        ("uncertainty.gradient=3", "wrong value for 'uncertainty.gradient': '3' must be keys and values"),
        (
            "uncertainty.gradient.channels=[max]",
            "uncertainty.gradient.channels=[max] must be max, absmax, mean, sum or norm; did you mean 'max'?",
        ),
    ],
)
def test_messages_say_what_a_value_must_be(argument, message):
    assert message in error_of(argument)


def test_text_that_a_file_has_as_a_list(tmp_path):
    path = yaml(tmp_path, "trainer: {devices: [0, 1]}")
    assert error_of(path) == (
        f"{path}: wrong value for 'trainer.devices': [0, 1] must be text; write it without brackets"
    )
