"""A new data set is its options, its samples and one line of the registry; everything else finds it by itself."""

from dataclasses import field, make_dataclass
from pathlib import Path
from typing import Any

import pytest

from gradunc.assembly import build_data, data_set
from gradunc.commands import train
from gradunc.config import TrainConfig, help_text, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.sets import SETS
from gradunc.data.settings import data_settings
from gradunc.errors import InputError
from tests.data.sets.toy import TOY, ToySettings
from tests.helpers import TINY


@pytest.fixture
def schema(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The configuration of train.py, as it is after a start with the line in the registry."""
    monkeypatch.setitem(SETS, "toy", TOY)
    section = data_settings()
    made = make_dataclass("ToyConfig", [("data", section, field(default_factory=section))], bases=(TrainConfig,))
    monkeypatch.setattr(train, "TrainConfig", made)
    return made


def settings(schema: Any, *arguments: str) -> Any:
    return load(schema, TRAIN_GROUPS, parse(["data.name=toy", *arguments], TRAIN_GROUPS)).data


def test_its_options_are_options_of_the_configuration(schema: Any) -> None:
    assert settings(schema, "data.toy.count=7").toy == ToySettings(7)
    assert "data.toy.count (int = 4)  images of each split" in help_text("x", schema, TRAIN_GROUPS, "")
    with pytest.raises(InputError, match=r"^data\.toy\.count=0 must be at least 1$"):
        settings(schema, "data.toy.count=0")
    with pytest.raises(InputError, match=r"did you mean 'data\.toy\.count'"):
        settings(schema, "data.toy.cuont=2")


def test_its_batches_and_its_truth(schema: Any) -> None:
    given = settings(schema, "data.toy.count=5", "data.batch_size=2", "data.eval_batch_size=1")
    data = build_data(given, (8, 12), train_truth=False)
    assert "depth" not in next(iter(data.train_dataloader()))
    assert [batch["depth"].mean().item() for batch in data.test_dataloader()] == [1, 2, 3, 4, 5]
    found = data_set(given)
    assert found.missing_truth() == ""
    assert str(found.needs_truth(found.without_truth().missing_truth())) == (
        "supervised training needs true depth, but data.toy.truth=false; set it to true, or choose objective=mono"
    )


def test_it_is_part_of_a_mixture(schema: Any) -> None:
    mixture = "data.mixture={a: {name: toy, toy: {count: 2}}, b: {name: toy, weight: 0}}"
    data = build_data(settings(schema, "data.name=mixture", mixture), (8, 12))
    assert (len(data.split("train")), len(data.split("val"))) == (2, 6)


def test_train_runs_with_it(schema: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["objective=supervised", "data.name=toy", "data.batch_size=2", "data.eval_batch_size=2"]
    assert train.main([*TINY, *arguments, "uncertainty=none", "--dry-run"]) == 0
    assert "dry run passed" in capsys.readouterr().out
