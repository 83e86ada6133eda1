"""Which run goes on, and from which of its checkpoints."""

import os
import random
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gradunc.commands.resume import check_same_model, check_same_objective, check_same_settings
from gradunc.commands.resume_point import ResumePoint, make_ready, resume_point
from gradunc.commands.run_folder import SHARED
from gradunc.commands.sound import check_sound, read_checkpoint
from gradunc.config import TrainConfig, as_yaml
from gradunc.config.writing import as_dict
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining
from tests.helpers import files_in, tiny_model

STATE: dict[str, type] = {
    "state_dict": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
    "loops": dict,
    "callbacks": dict,
}
"""Section of a checkpoint -> what it is."""


@pytest.fixture(autouse=True)
def _one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_RANK", "SLURM_PROCID", "RANK", SHARED):
        monkeypatch.delenv(name, raising=False)


def write(folder: Path, name: str, epoch: int, time: int = 0) -> Path:
    """A checkpoint with what a resumed run needs, last changed at a time of the year 2001."""
    path = folder / "checkpoints" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = torch.arange(100.0)
    state = {key: {"x": numbers} if kind is dict else [numbers] for key, kind in STATE.items()}
    torch.save({**state, "gradunc": {"config": {}}, "epoch": epoch, "global_step": 10 * epoch}, path)
    os.utime(path, (1e9 + time, 1e9 + time))
    return path


def numbers(path: Path, key: str) -> torch.Tensor:
    section = read_checkpoint(path)[key]
    return section["x"] if isinstance(section, dict) else section[0]


def truncate(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-100])
    return path


def flip(path: Path, position: int) -> Path:
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    try:
        check_sound(path)
    except InputError as error:
        return str(error)
    return ""


def begun(folder: Path, config: TrainConfig, time: int = 0) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(as_yaml(config))
    os.utime(folder / "config.yaml", (1e9 + time, 1e9 + time))
    return folder


def config(tmp_path: Path, resume: object = "auto") -> TrainConfig:
    return TrainConfig(output=str(tmp_path), name="run", resume=None if resume is None else str(resume))


def test_nothing_to_resume(tmp_path):
    assert resume_point(config(tmp_path)) == ResumePoint()
    (tmp_path / "run" / "notes").mkdir(parents=True)
    (tmp_path / "run" / "a.txt").touch()
    assert resume_point(config(tmp_path)) == ResumePoint()
    write(tmp_path / "run/a", "last.ckpt", 1)
    assert resume_point(config(tmp_path, None)) == ResumePoint()


def test_auto_is_the_run_that_was_saved_last(tmp_path):
    for name, time in (("b", 1), ("a", 3), ("c", 2)):
        write(tmp_path / "run" / name, "last.ckpt", 1, time)
    begun(tmp_path / "run/d", config(tmp_path), time=2)
    last = tmp_path / "run/a/checkpoints/last.ckpt"
    assert resume_point(config(tmp_path)) == ResumePoint(tmp_path / "run/a", last)


@pytest.mark.parametrize("how", ["auto", "folder"])
def test_a_damaged_last_checkpoint_falls_back_to_the_one_before(tmp_path, capsys, how):
    folder = tmp_path / "run/a"
    before, last = write(folder, "previous.ckpt", 4, 1), truncate(write(folder, "last.ckpt", 5, 2))
    write(folder, "best-002.ckpt", 2, 3)
    point = resume_point(config(tmp_path, "auto" if how == "auto" else folder))
    assert point == ResumePoint(folder, before, (last,))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"warning: checkpoint '{last}' is damaged (")
    assert said.endswith(
        "; going on from previous.ckpt of epoch 4 (step 40): what was trained after it is lost and trained again\n"
    )
    make_ready(point)
    assert files_in(folder / "checkpoints") == {"last.ckpt.damaged", "last.ckpt", "previous.ckpt", "best-002.ckpt"}
    assert read_checkpoint(last)["epoch"] == 4, "a kill before the next checkpoint changes nothing"
    assert resume_point(config(tmp_path)) == ResumePoint(folder, last)


def test_then_to_the_best_one(tmp_path, capsys):
    folder = tmp_path / "run/a"
    damaged = [truncate(write(folder, name, 5)) for name in ("last.ckpt", "previous.ckpt")]
    older, best = write(folder, "best-001.ckpt", 1, 1), write(folder, "best-003.ckpt", 3, 2)
    point = resume_point(config(tmp_path))
    assert point == ResumePoint(folder, best, tuple(damaged))
    assert "going on from best-003.ckpt of epoch 3" in capsys.readouterr().err
    make_ready(point)
    assert older.is_file()
    assert best.read_bytes() == damaged[0].read_bytes()


def test_other_processes_of_the_run_do_not_repeat_the_warning(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    write(tmp_path / "run/a", "previous.ckpt", 4)
    truncate(write(tmp_path / "run/a", "last.ckpt", 5))
    assert resume_point(config(tmp_path)).damaged
    assert capsys.readouterr().err == ""


def test_a_kill_between_the_best_and_the_last_checkpoint_of_the_first_epoch_loses_nothing(tmp_path, capsys):
    best = write(tmp_path / "run/a", "best-000.ckpt", 0)
    assert resume_point(config(tmp_path)) == ResumePoint(tmp_path / "run/a", best)
    assert capsys.readouterr().err == ""


def test_nothing_sound_is_one_line(tmp_path):
    folder = tmp_path / "run/a"
    truncate(write(folder, "last.ckpt", 5))
    truncate(write(folder, "best-003.ckpt", 5))
    with pytest.raises(InputError, match=r"last.ckpt' is damaged .*best-003.ckpt' is damaged .*resume=null$") as error:
        resume_point(config(tmp_path))
    assert "\n" not in str(error.value)


def test_a_damaged_file_that_was_named_is_an_error_that_names_the_run(tmp_path):
    last = truncate(write(tmp_path / "run/a", "last.ckpt", 5))
    with pytest.raises(InputError, match=f"resume={tmp_path}/run/a takes the newest sound checkpoint"):
        resume_point(config(tmp_path, last))


def test_weights_alone_are_no_state_of_a_training(tmp_path):
    torch.save({"state_dict": {}, "gradunc": {"config": {}}}, tmp_path / "a.ckpt")
    with pytest.raises(
        InputError, match=r"\(optimizer_states, lr_schedulers, loops, callbacks, epoch, global_step\); .*model.weights="
    ):
        resume_point(config(tmp_path, tmp_path / "a.ckpt"))


def test_no_place_of_a_checkpoint_can_be_damaged_unseen(tmp_path):
    """One byte anywhere: refused in one line, or, in what nothing reads, the same content."""
    path = write(tmp_path, "last.ckpt", 1)
    whole, draw, refused = path.read_bytes(), random.Random(0), 0
    expected = {key: numbers(path, key) for key in STATE}
    for position in sorted(draw.sample(range(len(whole)), 300)):
        path.write_bytes(whole)
        reason = refusal(flip(path, position))
        assert "\n" not in reason
        refused += bool(reason)
        assert reason or all(torch.equal(numbers(path, key), expected[key]) for key in STATE), position
    assert refused > 50


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_file_is_not_opened(tmp_path, kind):
    path = tmp_path / "last.ckpt"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(InputError, match="resume"):
        resume_point(config(tmp_path, path))


@pytest.mark.parametrize("how", ["auto", "folder"])
def test_a_run_without_a_checkpoint_begins_again_in_its_folder(tmp_path, how):
    folder = begun(tmp_path / "run/20260101-000000", config(tmp_path))
    point = resume_point(config(tmp_path, "auto" if how == "auto" else folder))
    assert point == ResumePoint(folder)
    assert point.text() == " (ended before its first checkpoint: begun again in the same folder)"


def test_a_run_that_was_killed_before_it_wrote_anything(tmp_path):
    folder = tmp_path / "run/20260101-000000-2"
    folder.mkdir(parents=True)
    assert resume_point(config(tmp_path)) == ResumePoint(folder)
    (folder / "something.txt").touch()
    assert resume_point(config(tmp_path)) == ResumePoint()


def test_it_begins_again_with_its_own_settings_only(tmp_path):
    folder = begun(tmp_path / "run/a", config(tmp_path))
    given = config(tmp_path)
    given.trainer.max_epochs = 99
    check_same_settings(given, folder)
    given.objective.learning_rate = 0.5
    with pytest.raises(
        InputError, match=r"other settings \(objective.learning_rate=0.5, was 0.0001\); give those, or begin a new run"
    ):
        check_same_settings(given, folder)


def test_processes_of_a_launcher_look_into_the_folder_they_share(tmp_path, monkeypatch):
    write(tmp_path / "run/a", "last.ckpt", 1, 5)
    mine = write(tmp_path / "mine", "last.ckpt", 1, 1)
    monkeypatch.setenv("SLURM_PROCID", "0")
    monkeypatch.setenv(SHARED, str(tmp_path / "mine"))
    assert resume_point(config(tmp_path)) == ResumePoint(tmp_path / "mine", mine)


def test_the_quantity_of_the_uncertainty_head_must_be_the_same(tmp_path: Path) -> None:
    module = DepthTraining(tiny_model(uncertainty_head="laplace"), LossEngine({"laplace": 1.0}))
    settings = module.depth_model.settings
    check_same_model(module, settings, tmp_path)
    with pytest.raises(InputError, match=r"model\.uncertainty_quantity=log_depth, this run asks for depth"):
        check_same_model(module, replace(settings, uncertainty_quantity="log_depth"), tmp_path)


def test_a_teacher_is_the_same_from_wherever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = TrainConfig()
    config.objective.teacher = "teacher"
    for stored, fits in ((str(tmp_path / "teacher"), True), (str(tmp_path / "other"), False)):
        given = as_dict(config)
        given["objective"]["teacher"] = stored
        path = tmp_path / f"{fits}.ckpt"
        torch.save({"gradunc": {"config": given}}, path)
        with nullcontext() if fits else pytest.raises(InputError, match=r"objective\.teacher"):
            check_same_objective(config, path)
