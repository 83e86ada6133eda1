"""Names that other programs have for our keys lead to keys that exist, in the commands that have them."""

import pytest

from gradunc.commands.verbs import VERBS, verb_of
from gradunc.config import TrainConfig
from gradunc.config.command_line import choices
from gradunc.config.keys import known_keys
from gradunc.config.meant import SYNONYMS, meant_keys
from tests.config.test_loading import error_of

SCHEMAS = [TrainConfig, *(verb_of(name).schema for name in VERBS)]
KEYS = {key for schema in SCHEMAS for key in known_keys(schema)}


@pytest.mark.parametrize("ours", SYNONYMS)
def test_our_key_exists(ours: str) -> None:
    key, _, choice = ours.partition("=")
    assert key in KEYS
    assert choice in ("", "NAME", *choices(key))


@pytest.mark.parametrize("ours", SYNONYMS)
def test_no_synonym_stands_twice(ours: str) -> None:
    words = SYNONYMS[ours].split()
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("typed", "ours"),
    [
        ("lr", "objective.learning_rate"),
        ("objective.lr", "objective.learning_rate"),
        ("optimizer.lr", "objective.learning_rate"),
        ("learning-rate", "objective.learning_rate"),
        ("epochs", "trainer.max_epochs"),
        ("batch_size", "data.batch_size"),
        ("gpus", "trainer.devices"),
        ("num_workers", "data.workers"),
        ("dataset", "data=NAME"),
        ("ckpt", "model.weights or resume"),
        ("wandb", "logger=wandb"),
        ("device", "trainer.accelerator"),
    ],
)
def test_what_train_py_says(typed: str, ours: str) -> None:
    assert error_of(f"{typed}=1") == f"unknown key '{typed}'; here it is {ours}"


def test_a_verb_says_only_what_it_has() -> None:
    predict = known_keys(verb_of("predict").schema)
    assert meant_keys("ckpt", predict) == ["checkpoint"]
    assert meant_keys("img_size", predict) == ["size"]
    assert meant_keys("lr", predict) == []


def test_nothing_is_said_of_what_is_nothing_like_it() -> None:
    assert error_of("frobnicate=1") == "unknown key 'frobnicate'; --help names all keys"
