"""Options of Lightning's trainer in whole runs of train.py."""

from pathlib import Path

import pytest

from gradunc.commands import train
from gradunc.errors import InputError
from tests.commands.train_runs.helpers import arguments, rows, run
from tests.helpers import files_in

pytestmark = pytest.mark.slow


def test_a_small_run_that_ends_early_and_tells_where_its_time_went(tmp_path: Path, cache: Path, capsys) -> None:
    """No validation can improve by 1000, so that the second one ends the run."""
    given = [
        *["trainer.max_epochs=9", "uncertainty=none", "evaluation.trivial=false", "trainer.limit_train_batches=1"],
        *["trainer.limit_val_batches=0.5", "trainer.limit_test_batches=1", "trainer.profiler=simple"],
        *["trainer.early_stopping.patience=1", "trainer.early_stopping.min_delta=1000"],
        *["trainer.checkpoint.every_n_epochs=5", "trainer.checkpoint.save_top_k=2"],
    ]
    folder = run(tmp_path, cache, *given, "data.eval_batch_size=1")
    out = capsys.readouterr().out
    assert "ended early: val/loss has not improved for 1 validations, best " in out
    assert "trainer.limit_test_batches=1: the figures are of a part of the test" in out
    assert len(rows(folder / "metrics.csv", "val/loss")) == 2
    assert len(rows(folder / "metrics.csv", "train/loss")) == 2
    kept = {path.name for path in (folder / "checkpoints").iterdir()}
    assert {"best-000.ckpt", "best-001.ckpt", "last.ckpt"} <= kept
    profiles = {name for name in files_in(folder) if "profile" in name}
    assert {"fit-profile.txt", "test-profile.txt"} <= profiles
    assert "run_training_epoch" in (folder / "fit-profile.txt").read_text()
    assert all(f"profile: {folder}/{name}" in out for name in profiles)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "trainer.limit_train_batches=0.2",
            r"trainer.limit_train_batches=0.2 of 2 batches is less than one; give trai",
        ),
        ("trainer.limit_test_batches=0.3", r"trainer.limit_test_batches=0.3 of 2 batches is less than one"),
        (
            "trainer.early_stopping.monitor=val/abs_rl",
            "early_stopping.monitor 'val/abs_rl'; did you mean 'val/abs_rel'",
        ),
    ],
)
def test_what_cannot_be_is_told_before_a_run_folder_exists(tmp_path: Path, cache: Path, given, message) -> None:
    with pytest.raises(InputError, match=message):
        train.main(arguments(tmp_path, cache, given, "uncertainty=none", "trainer.early_stopping.patience=1"))
    assert not list((tmp_path / "runs").glob("*"))
