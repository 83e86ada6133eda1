"""Runs of train.py that go on from a checkpoint or start from a trained network."""

from pathlib import Path

import pytest
import torch

from gradunc.commands import run_folder as folders
from gradunc.commands import train
from gradunc.commands.resume_point import resume_point
from gradunc.errors import InputError
from gradunc.models import load_model
from tests.commands.train_runs.helpers import arguments, rows, run

pytestmark = pytest.mark.slow


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


@pytest.mark.parametrize("how", ["folder", "auto"])
def test_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, cache: Path, two_epochs: Path, how: str) -> None:
    first = run(tmp_path, cache, "trainer.max_epochs=1")
    loss_before = rows(first / "metrics.csv", "train/loss")
    resumed = run(tmp_path, cache, "trainer.max_epochs=2", f"resume={first if how == 'folder' else 'auto'}")
    assert resumed == first
    assert rows(first / "metrics.1.csv", "train/loss") == loss_before
    both = loss_before + rows(first / "metrics.csv", "train/loss")
    assert [float(x) for x in both] == pytest.approx([float(x) for x in rows(two_epochs / "metrics.csv", "train/loss")])
    assert [path.name for path in (first / "checkpoints").glob("last*")] == ["last.ckpt"]
    straight, ours = weights(two_epochs), weights(first)
    assert straight.keys() == ours.keys()
    for key, value in straight.items():
        assert torch.allclose(ours[key], value, rtol=1e-6, atol=1e-6), key


def test_every_part_of_the_optimisation_is_resumed(tmp_path: Path, cache: Path) -> None:
    """Average of the weights, warm-up, two learning rates, clipped values, an encoder frozen before the stop."""
    given = [
        *["objective.ema=0.5", "objective.warmup_steps=3", "objective.encoder_learning_rate=1e-4"],
        *["trainer.gradient_clip_val=0.01", "trainer.gradient_clip_algorithm=value", "uncertainty=none"],
        "objective.frozen_encoder_epochs=1",
    ]
    straight = run(tmp_path / "straight", cache, "trainer.max_epochs=2", *given)
    run(tmp_path, cache, "trainer.max_epochs=1", *given)
    resumed = run(tmp_path, cache, "trainer.max_epochs=2", "resume=auto", *given)
    # The first of three steps of warm-up, and the third after a drop to a tenth: logged once per epoch.
    for name, rate in (("encoder", 1e-4), ("others", 1e-3)):
        found = [float(x) for x in rows(straight / "metrics.csv", f"lr-Adam/{name}")]
        assert found == pytest.approx([rate / 3, rate / 10])
    one, two = (torch.load(path / "checkpoints/last.ckpt", weights_only=True) for path in (straight, resumed))
    assert one["callbacks"]["WeightAverage"] == two["callbacks"]["WeightAverage"] == {"updates": 4}
    for part in ("state_dict", "current_state_dict"):
        for key, value in one[part].items():
            assert torch.allclose(two[part][key], value, rtol=1e-6, atol=1e-6), key
    assert not all(torch.equal(one["state_dict"][key], value) for key, value in one["current_state_dict"].items())
    best = next((straight / "checkpoints").glob("best-*"))
    exported, expected = load_model(straight / "export").state_dict(), torch.load(best, weights_only=True)["state_dict"]
    assert all(torch.equal(value, expected[f"depth_model.{key}"]) for key, value in exported.items())


def test_resume_auto_without_a_run_starts_one(tmp_path: Path, cache: Path) -> None:
    folder = run(tmp_path, cache, "trainer.max_epochs=1", "resume=auto", "uncertainty=none")
    assert (folder / "checkpoints/last.ckpt").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("model.decoder_channels=[8,8,8,8,12]", "was trained with model.decoder_channels="),
        ("model.size=[32,96]", "was trained with model.size="),
        ("model=rt_monodepth_s", "was trained with model.architecture=monodepth2"),
        ("objective=supervised", r"was trained with objective.frames=\['s'\], this run asks for \[\]"),
        ("objective.auto_mask_after=5", "was trained with objective.auto_mask_after=0, this run asks for 5"),
        ("objective.optimizer=adamw", "was trained with objective.optimizer=adam, this run asks for adamw"),
        (
            "objective.schedule=constant objective.step_size=15",
            "was trained with objective.schedule=step, this run asks for constant",
        ),
        ("objective.step_size=2", "was trained with objective.step_size=1, this run asks for 2"),
        ("objective.learning_rate=5e-3", r"was trained with objective.learning_rate=0.001, this run asks for 0.005"),
        ("objective.weight_decay=0.1", "was trained with objective.weight_decay=0.0, this run asks for 0.1"),
        ("objective.losses.smoothness=0.5", r"was trained with objective.losses=\{.*, this run asks for \{"),
        ("model.max_depth=20", "was trained with model.max_depth=100.0, this run asks for 20.0"),
        ("model.mean=[0,0,0]", r"was trained with model.mean=\[0.485, .*\], this run asks for \[0.0, 0.0, 0.0\]"),
        ("objective.ema=0.9", "was trained with objective.ema=None, this run asks for 0.9"),
        ("objective.encoder_learning_rate=1e-5", "was trained with objective.encoder_learning_rate=None, this run"),
    ],
)
def test_resuming_with_something_else_is_one_line(
    tmp_path: Path, cache: Path, two_epochs: Path, change: str, message: str
) -> None:
    before = sorted(two_epochs.rglob("*"))
    given = arguments(tmp_path, cache, f"resume={two_epochs}", *change.split())
    if "model=rt_monodepth_s" in given:  # which has no such setting
        given.remove("model.decoder_channels=[8,8,8,8,8]")
    with pytest.raises(InputError, match=message) as error:
        train.main(given)
    assert "\n" not in str(error.value)
    assert sorted(two_epochs.rglob("*")) == before
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("schedule", ["onecycle", "poly"])
def test_a_schedule_over_all_steps_cannot_be_made_longer(tmp_path: Path, cache: Path, schedule: str) -> None:
    given = [f"objective.schedule={schedule}", "objective.step_size=15", "uncertainty=none"]
    folder = run(tmp_path, cache, "trainer.max_epochs=1", *given)
    before = sorted(folder.rglob("*"))
    for _ in range(2):
        with pytest.raises(
            InputError,
            match=rf"schedule={schedule} of 2 optimiser steps, this run has 4 \(trainer\.max_epochs=2, was 1",
        ):
            train.main(arguments(tmp_path, cache, "trainer.max_epochs=2", "resume=auto", *given))
        assert sorted(folder.rglob("*")) == before
        # Once more as a checkpoint of an older version, which does not tell the number itself.
        path = folder / "checkpoints/last.ckpt"
        stored = torch.load(path, weights_only=True)
        stored["gradunc"].pop("total_steps", None)
        torch.save(stored, path)


def test_the_nearest_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").touch()
    config = folders.TrainConfig(resume=f"{tmp_path}/lst.ckpt")
    with pytest.raises(InputError, match=f"does not exist; .*; nearest: '{tmp_path}/last.ckpt'"):
        resume_point(config)


@pytest.mark.parametrize("how", ["moved", "no validation"])
def test_without_a_best_checkpoint_the_last_is_tested(tmp_path: Path, cache: Path, capsys, how: str) -> None:
    if how == "moved":
        folder = run(tmp_path, cache, "trainer.max_epochs=1", "uncertainty=none")
        folder.rename(folder.with_name("moved"))
        folder = run(tmp_path, cache, "trainer.max_epochs=1", "uncertainty=none", "resume=auto")
        assert folder.name == "moved"
    else:
        folder = run(tmp_path, cache, "trainer.max_steps=1", "uncertainty=none")
    assert f"best checkpoint: {folder}/checkpoints/last.ckpt" in capsys.readouterr().out


def test_resuming_from_nothing(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(InputError, match="resume='nowhere' does not exist"):
        train.main(arguments(tmp_path, cache, "resume=nowhere"))


@pytest.mark.parametrize("source", ["run folder", "checkpoint"])
def test_training_starts_from_a_trained_network(tmp_path: Path, cache: Path, two_epochs: Path, source: str) -> None:
    """Another objective, whose first validation without a step of training is that of the trained network."""
    path = two_epochs if source == "run folder" else two_epochs / "checkpoints/last.ckpt"
    given = [f"model.weights={path}", "objective=supervised", "objective.learning_rate=1e-30", "trainer.max_epochs=1"]
    folder = run(tmp_path, cache, *given, "uncertainty=none")
    image = torch.rand(1, 3, 32, 64)
    trained, started = load_model(path), load_model(folder / "export")
    # Norms of batches go on counting while training, so their statistics differ a little.
    assert torch.allclose(started(image).depth, trained(image).depth, rtol=0.3)
    for name, value in trained.named_parameters():
        assert torch.allclose(dict(started.named_parameters())[name], value, atol=1e-25), name
    with pytest.raises(InputError, match=r"set model\.decoder_channels=\[8,8,8,8,8\]$"):
        train.main(arguments(tmp_path, cache, *given, "model.decoder_channels=[8,8,8,8,12]"))


def test_a_resumed_run_needs_no_weights_to_start_from(tmp_path: Path, cache: Path, two_epochs: Path) -> None:
    folder = run(tmp_path, cache, f"model.weights={two_epochs}", "trainer.max_epochs=1", "uncertainty=none")
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace(str(two_epochs), "gone"))
    assert train.main([str(config), f"resume={folder}", "trainer.max_epochs=2"]) == 0
    assert "weights: gone" in config.read_text(), "where the run came from is still known"
