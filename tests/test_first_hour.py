"""tests/first_hour.sh, with the environment of this test: what a new user does works from the clone on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="the script clones the repository, and there is none")
def test_the_first_hour(tmp_path: Path) -> None:
    environment = {**os.environ, "GRADUNC_BIN": str(Path(sys.executable).parent)}
    command = ["bash", str(PROJECT / "tests/first_hour.sh"), str(tmp_path / "hour")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "steps passed" in done.stdout
