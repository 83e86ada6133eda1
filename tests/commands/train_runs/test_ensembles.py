"""Bootstrapped ensembles: members with subsets of their own, alone or in sequence, interrupted and gone on with."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import wandb

from gradunc.commands import infer, train
from gradunc.commands.ensemble_group import member_seed
from gradunc.data.loading.subset import subset_indices
from gradunc.errors import InputError
from tests.commands.train_runs.helpers import arguments, rows
from tests.commands.train_runs.test_ends import before_step
from tests.helpers import call_command, in_two_processes

pytestmark = pytest.mark.slow

GIVEN = ("ensemble.members=2", "ensemble.fraction=0.5", "trainer.max_epochs=1", "uncertainty=none", "name=boot")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


def assert_same(one: Path, two: Path) -> None:
    first, second = weights(one), weights(two)
    assert first.keys() == second.keys()
    for key, value in first.items():
        assert torch.equal(second[key], value), key
    assert rows(one / "metrics.csv", "train/loss") == rows(two / "metrics.csv", "train/loss")


def manifest(group: Path) -> dict[str, Any]:
    return json.loads((group / "ensemble.json").read_text())


def group_in(tmp: Path) -> Path:
    (found,) = (tmp / "runs/boot").iterdir()
    return found


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """Two members, one after another."""
    tmp = tmp_path_factory.mktemp("ensemble")
    assert train.main(arguments(tmp, cache, *GIVEN)) == 0
    return group_in(tmp)


def test_members_and_their_manifest(trained: Path) -> None:
    found = manifest(trained)
    assert (found["kind"], found["seed"], found["fraction"]) == ("bootstrap", 0, 0.5)
    assert [one["path"] for one in found["members"]] == ["member-1", "member-2"]
    assert all(one["finished"] for one in found["members"])
    assert [one["samples"] for one in found["members"]] == [2, 2]
    assert [one["seed"] for one in found["members"]] == [member_seed(0, 1), member_seed(0, 2)]
    for one in found["members"]:
        assert (trained / one["checkpoint"]).is_file()
    first, second = weights(trained / "member-1"), weights(trained / "member-2")
    assert not any(torch.equal(first[key], second[key]) for key in first if key.endswith("conv.weight"))


@pytest.mark.parametrize("number", [1, 2])
def test_a_member_alone_is_what_it_is_in_sequence(
    tmp_path: Path, cache: Path, trained: Path, number: int, capsys
) -> None:
    alone = tmp_path / "shared"
    one = [f"ensemble.member={number}", f"ensemble.folder={alone}"]
    assert train.main(arguments(tmp_path, cache, *GIVEN, *one)) == 0
    assert_same(alone / f"member-{number}", trained / f"member-{number}")
    found = manifest(alone)["members"]
    assert [entry["finished"] for entry in found] == [number == 1, number == 2]
    assert f"ensemble: {alone}; not trained yet: member-{3 - number}" in capsys.readouterr().out
    assert found[number - 1] == manifest(trained)["members"][number - 1]


def test_jobs_of_single_members_make_one_ensemble(tmp_path: Path, cache: Path, trained: Path) -> None:
    for number in (2, 1):
        one = [f"ensemble.member={number}", f"ensemble.folder={tmp_path / 'shared'}"]
        assert train.main(arguments(tmp_path, cache, *GIVEN, *one)) == 0
    assert manifest(tmp_path / "shared") == manifest(trained)


def test_the_configuration_of_a_member_trains_it_again(tmp_path: Path, cache: Path, trained: Path) -> None:
    given = [str(trained / "member-2/config.yaml"), f"output={tmp_path}/runs", "name=again"]
    assert train.main(given) == 0
    (folder,) = (tmp_path / "runs/again").iterdir()
    assert_same(folder, trained / "member-2")


def test_an_interrupted_ensemble_goes_on(
    tmp_path: Path, cache: Path, trained: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    # One step a member: the signal comes before the one of the second member.
    given = arguments(tmp_path, cache, *GIVEN)
    with monkeypatch.context() as patched:
        before_step(patched, 2, lambda: os.kill(os.getpid(), signal.SIGINT))
        outcome = call_command(train.main, given, patched, capfd)
    group = group_in(tmp_path)
    assert outcome.code == 130
    assert outcome.err.splitlines()[-1].endswith(f"continue with resume=auto, or resume={group}")
    assert [one["finished"] for one in manifest(group)["members"]] == [True, False]
    before = (group / "member-1/checkpoints/last.ckpt").stat().st_mtime_ns
    again = call_command(train.main, [*given, "resume=auto"], monkeypatch, capfd)
    assert again.code == 0, again.err
    assert "member 1 of 2 is trained" in again.out
    assert group_in(tmp_path) == group
    assert (group / "member-1/checkpoints/last.ckpt").stat().st_mtime_ns == before
    assert_same_weights(group / "member-2", trained / "member-2")
    assert [one["finished"] for one in manifest(group)["members"]] == [True, True]


def assert_same_weights(one: Path, two: Path) -> None:
    first, second = weights(one), weights(two)
    assert all(torch.allclose(second[key], value, rtol=1e-6, atol=1e-6) for key, value in first.items())


def test_an_ensemble_can_get_more_members(tmp_path: Path, cache: Path) -> None:
    given = ["trainer.max_steps=1", "trainer.limit_test_batches=1"]
    assert train.main(arguments(tmp_path, cache, *GIVEN, *given)) == 0
    group = group_in(tmp_path)
    more = [f"resume={group}", "ensemble.members=3", "ensemble.member=3"]
    assert train.main(arguments(tmp_path, cache, *GIVEN, *given, *more)) == 0
    assert [one["finished"] for one in manifest(group)["members"]] == [True] * 3


def test_its_uncertainty_by_the_manifest(tmp_path: Path, cache: Path, trained: Path) -> None:
    given = ["data=synthetic", f"data.cache={cache}", "data.synthetic.test_scenes=3", "trainer=cpu"]
    given += ["data.synthetic.frames_per_scene=1", "trainer.progress=false", f"checkpoint={trained}/member-2"]
    given += ["uncertainty=ensemble", f"uncertainty.ensemble.manifest={trained}"]
    assert infer.main(["benchmark", *given, f"output={tmp_path}/out"]) == 0
    row = json.loads((tmp_path / "out/benchmark.json").read_text())["benchmark"]["ensemble"]
    assert (row["needs"], row["scale"]) == ("second network", "std [1/m]")
    assert row["cost"] == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("ensemble.fraction=0.25", "was begun with ensemble.fraction=0.5, this run asks for 0.25"),
        ("seed=1", "was begun with seed=0, this run asks for 1"),
        ("objective.learning_rate=0.5", r"was begun with other settings \(objective.learning_rate=0.5, was 0.001\)"),
        ("model.size=[32,96]", r"was begun with other settings \(model.size="),
        ("data.synthetic.train_scenes=6", "was begun with training samples 2, now it would be 3"),
    ],
)
def test_going_on_with_something_else_is_one_line(
    tmp_path: Path, cache: Path, trained: Path, change: str, message: str
) -> None:
    copied = tmp_path / "copy"
    (copied / "member-1").mkdir(parents=True)
    facts = json.loads((trained / "member-1/member.json").read_text()) | {"finished": False}
    (copied / "member-1/member.json").write_text(json.dumps(facts))
    for name in ("member-1/config.yaml", "ensemble.json"):
        (copied / name).write_bytes((trained / name).read_bytes())
    with pytest.raises(InputError, match=message) as error:
        train.main(arguments(tmp_path, cache, *GIVEN, f"resume={copied}", change))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["ensemble.members=1"], "ensemble.members=1 must be at least 2"),
        (["ensemble.member=1"], "ensemble.members is missing"),
        (["ensemble.members=2", "ensemble.member=3"], "ensemble.member=3 of ensemble.members=2"),
        (["ensemble.members=2", "ensemble.member=1"], "ensemble.member=1 needs ensemble.folder=FOLDER"),
        (["ensemble.members=2", "data.train_fraction=0.5"], "data.train_fraction=0.5 beside ensemble.members"),
        (["ensemble.members=2", "resume=nowhere"], "resume='nowhere' holds no ensemble.json"),
        (["ensemble.members=2", "ensemble.fraction=0.1"], "the train split has 1 samples"),
        (["ensemble.members=2", "ensemble.fraction=0"], "ensemble.fraction=0.0 must be above 0 and at most 1"),
    ],
)
def test_mistakes_leave_nothing(tmp_path: Path, cache: Path, given: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        train.main(arguments(tmp_path, cache, "uncertainty=none", *given))
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_another_run_has_written(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "group/member-1").mkdir(parents=True)
    (tmp_path / "group/member-1/notes.txt").touch()
    with pytest.raises(InputError, match="member-1' was begun by another run; go on with it by resume=auto"):
        train.main(arguments(tmp_path, cache, *GIVEN, f"ensemble.folder={tmp_path / 'group'}"))


def test_a_dry_run_writes_nothing(tmp_path: Path, cache: Path, capsys) -> None:
    assert train.main([*arguments(tmp_path, cache, *GIVEN), "--dry-run"]) == 0
    assert "dry run passed" in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()


def test_members_are_runs_of_one_group_of_wandb(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []
    init = wandb.init
    monkeypatch.setattr(wandb, "init", lambda **options: begun.append(init(**options)) or begun[-1])
    logged = ["logger=wandb", "logger.mode=offline", "trainer.max_steps=1"]
    assert train.main(arguments(tmp_path, cache, *GIVEN, *logged)) == 0
    first, second = begun
    assert first.id != second.id
    assert first.group == second.group == f"boot-{group_in(tmp_path).name}"
    assert [one.name.rpartition("stereo ")[2] for one in begun] == ["member 1", "member 2"]
    assert [one.config["seed"] for one in begun] == [member_seed(0, 1), member_seed(0, 2)]


def test_two_processes_train_the_members_together(tmp_path: Path, cache: Path, trained: Path) -> None:
    ddp = ["trainer.strategy=ddp", "trainer.devices=2", "data.batch_size=1", f"ensemble.folder={tmp_path / 'group'}"]
    in_two_processes(lambda: train.main(arguments(tmp_path, cache, *GIVEN, *ddp)))
    found, expected = manifest(tmp_path / "group")["members"], manifest(trained)["members"]
    assert [one["finished"] for one in found] == [True, True]
    assert [one["subset"] for one in found] == [one["subset"] for one in expected]
    again = [*arguments(tmp_path, cache, *GIVEN), f"resume={tmp_path / 'group'}"]
    assert train.main(again) == 0, "nothing is left to do"


def test_subsets_follow_from_seed_and_member(trained: Path) -> None:
    drawn = [subset_indices(4, 0.5, member_seed(0, number)) for number in (1, 2)]
    assert not np.array_equal(*drawn)
    seeds = {member_seed(seed, number) for seed in range(50) for number in range(1, 9)}
    assert len(seeds) == 400


def test_the_folder_of_a_group_is_no_network(trained: Path) -> None:
    with pytest.raises(InputError, match=f"holds no model: .* give one of the runs in it, as '{trained}/member-1'"):
        infer.main(["evaluate", "data=synthetic", "data.name=synthetic", f"checkpoint={trained}"])
