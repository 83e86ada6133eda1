"""One killed run; `python -m tests.attack.kill_train 20 FOLDER /dev/shm` for more."""

from pathlib import Path

import pytest

from tests.attack.kill_train import main


@pytest.mark.slow
def test_a_killed_run_equals_one_that_was_left_alone(tmp_path: Path) -> None:
    more = ("trainer.max_epochs=2", "uncertainty=none")
    assert main(1, tmp_path / "runs", tmp_path / "temporary", seed=4, more=more) == 1
