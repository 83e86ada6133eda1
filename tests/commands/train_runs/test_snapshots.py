"""A run with a cyclic learning rate, and the uncertainty of its snapshots."""

import json
from pathlib import Path

import pytest

from gradunc.commands import infer, train
from gradunc.errors import InputError
from tests.commands.train_runs.helpers import arguments, run

pytestmark = pytest.mark.slow

GIVEN = ("objective.schedule=cyclic", "objective.cycles=2", "trainer.max_epochs=2", "uncertainty=none")


def test_snapshots_are_an_ensemble(tmp_path: Path, cache: Path, capsys) -> None:
    folder = run(tmp_path, cache, *GIVEN)
    said = capsys.readouterr().out
    assert f"snapshots: 2 networks, bound by {folder}/snapshots.json" in said
    assert f"checkpoint={folder} uncertainty=ensemble uncertainty.ensemble.manifest={folder}" in said
    given = ["data=synthetic", f"data.cache={cache}", "data.synthetic.test_scenes=3", "trainer=cpu"]
    given += ["data.synthetic.frames_per_scene=1", "trainer.progress=false", f"checkpoint={folder}"]
    given += ["uncertainty=ensemble", f"uncertainty.ensemble.manifest={folder}", f"output={tmp_path}/out"]
    assert infer.main(["evaluate", *given]) == 0
    row = json.loads((tmp_path / "out/metrics.json").read_text())["uncertainty"]["ensemble"]
    assert row["cost"] == pytest.approx(2.0, abs=0.01)
    with pytest.raises(InputError, match=r"uncertainty.ensemble.last=1 must be at least 2"):
        infer.main(["evaluate", *given, "uncertainty.ensemble.last=1"])


def test_a_dry_run(tmp_path: Path, cache: Path) -> None:
    assert train.main([*arguments(tmp_path, cache, *GIVEN), "--dry-run"]) == 0
    assert not (tmp_path / "runs").exists()


def test_cycles_of_one_step_are_one_line(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(InputError, match=r"objective.cycles=4 of 4 optimiser steps .* give objective.cycles=2 or less"):
        train.main(arguments(tmp_path, cache, *GIVEN, "objective.cycles=4"))
    assert not (tmp_path / "runs").exists()


def test_going_on_with_other_cycles_is_one_line(tmp_path: Path, cache: Path) -> None:
    run(tmp_path, cache, *GIVEN)
    for change, message in (
        ("objective.cycles=1", "was trained with objective.cycles=2, this run asks for 1"),
        ("trainer.max_epochs=3", "schedule=cyclic of 4 optimiser steps, this run has 6"),
    ):
        with pytest.raises(InputError, match=message):
            train.main(arguments(tmp_path, cache, *GIVEN, "resume=auto", change))
