"""A signal to the whole process group (a terminal's Ctrl-C, a scheduler's SIGTERM): the main process decides."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands.train_runs.helpers import arguments

pytestmark = pytest.mark.slow

PATIENCE = 180.0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_loading_processes_leave_the_end_to_the_main_one(tmp_path: Path, cache: Path, number: int, code: int) -> None:
    options = arguments(tmp_path, cache, "data.workers=2", "trainer.max_epochs=1000")
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "train.py", *options], stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        end = time.monotonic() + PATIENCE
        while not list((tmp_path / "runs/run").glob("*/checkpoints/last.ckpt")):
            assert process.poll() is None, (tmp_path / "log").read_text()[-2000:]
            assert time.monotonic() < end
            time.sleep(0.05)
        os.killpg(process.pid, number)
        assert process.wait(timeout=PATIENCE) == code
    assert f"interrupted ({signal.Signals(number).name}); continue with resume=auto" in (tmp_path / "log").read_text()
