"""A run whose loading processes are started as on macOS and Windows: it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.train_runs.helpers import TINY
from tests.data.sets.folder.helpers import CAMERA, write_sequence

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SCRIPT = """
import multiprocessing
from gradunc.commands.train import console
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    console()
"""


def test_a_run_ends(tmp_path: Path) -> None:
    """The limit only keeps a hanging test from waiting for ever."""
    for name in "abc":
        write_sequence(tmp_path / "data" / name, 3, camera=CAMERA, depth=".png")
    (tmp_path / "train.py").write_text(SCRIPT)
    given = [argument for argument in TINY if not argument.startswith(("data", "objective="))]
    given += ["data=folder", f"data.root={tmp_path}/data", "data.folder.depth_scale=1000", "objective=supervised"]
    given += [
        "data.workers=1",
        "data.on_implausible=warn",
        "data.batch_size=2",
        "trainer.max_epochs=1",
        "uncertainty=none",
        f"output={tmp_path}",
    ]
    done = subprocess.run(
        [sys.executable, str(tmp_path / "train.py"), *given],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "exported model: " in done.stdout
    assert "Traceback" not in done.stderr
