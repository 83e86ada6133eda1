"""Start depth and range from the training data: printed, stored, and the same when a run goes on or is loaded."""

import re
from pathlib import Path

import pytest
import torch
import yaml

from gradunc import load_model
from gradunc.models import EncoderDecoder
from tests.commands.train_runs.helpers import run

pytestmark = pytest.mark.slow

SUPERVISED = ("objective=supervised", "uncertainty=none")


def test_from_the_data_to_the_export(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(tmp_path, cache, *SUPERVISED, "trainer.max_epochs=1")
    said = re.search(
        r"from the true depth of 4 training samples .*: model.min_depth=(\S+) model.max_depth=(\S+) "
        r"model.initial_depth=(\S+)",
        capsys.readouterr().out,
    )
    assert said is not None
    low, high, start = map(float, said.groups())
    assert 0.1 < low < 5 < start < high
    stored = yaml.safe_load((folder / "config.yaml").read_text())["model"]
    assert (stored["min_depth"], stored["max_depth"], stored["initial_depth"]) == (low, high, start)
    for source in (folder / "export", folder / "checkpoints" / "last.ckpt"):
        model = load_model(source)
        assert isinstance(model, EncoderDecoder)
        assert model.settings.depth_range == (low, high)
        assert model.head.min_depth == low  # pyright: ignore[reportAttributeAccessIssue]
    # The same run, resumed from other training samples: the range is the stored one, which is said to nobody.
    again = run(
        tmp_path, cache, *SUPERVISED, "trainer.max_epochs=2", f"resume={folder}", "data.synthetic.train_scenes=6"
    )
    assert again == folder
    assert "from the true depth" not in capsys.readouterr().out
    model = load_model(folder / "export")
    assert isinstance(model, EncoderDecoder)
    assert model.settings.depth_range == (low, high)
    kept = yaml.safe_load((folder / "config.yaml").read_text())["model"]
    assert (kept["min_depth"], kept["initial_depth"]) == (low, start)


def test_a_run_in_two_parts_is_the_run_in_one(tmp_path: Path, cache: Path) -> None:
    whole = run(tmp_path / "whole", cache, *SUPERVISED, "trainer.max_epochs=2")
    part = run(tmp_path / "parts", cache, *SUPERVISED, "trainer.max_epochs=1")
    run(tmp_path / "parts", cache, *SUPERVISED, "trainer.max_epochs=2", f"resume={part}")
    one, other = (load_model(folder / "checkpoints" / "last.ckpt").state_dict() for folder in (whole, part))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_fine_tuning_keeps_the_range_of_the_trained_network(tmp_path: Path, cache: Path, two_epochs: Path) -> None:
    trained = load_model(two_epochs)
    assert isinstance(trained, EncoderDecoder)
    assert trained.settings.depth_range == (0.1, 100.0)
    given = (*SUPERVISED, f"model.weights={two_epochs}", "model.ambiguity=metric", "trainer.max_epochs=1")
    tuned = load_model(run(tmp_path, cache, *given))
    assert isinstance(tuned, EncoderDecoder)
    assert tuned.settings.depth_range == (0.1, 100.0)
