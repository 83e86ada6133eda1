"""The README's commands run in the folder of a user, as written, but for what makes a training small."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, fences
from tests.docs.test_commands import Words, commands
from tests.docs.world import make_world

pytestmark = pytest.mark.slow

README = ROOT / "README.md"
NETWORK = ("model=lcnet", "model.size=[64,96]", "model.decoder_channels=[8,8,8,8,8]")
"""One that downloads nothing."""
TRAINING = (*NETWORK, "trainer=cpu", "trainer.max_epochs=1", "data.batch_size=2", "data.workers=0")
ELSEWHERE = ("make", "pip", "docker")
"""`make demo` and `make test` belong to CI and `tests/first_hour.sh`, the Dockerfile to `docker/verify.py`."""


def of_the_table() -> list[Words]:
    """The lines of the first table that are commands."""
    rows = [line.split("|")[2].strip().strip("`") for line in README.read_text().splitlines() if line.startswith("| ")]
    return [shlex.split(row) for row in rows if row.startswith("python ")]


def of_the_fences() -> list[Words]:
    """The commands of the shell snippets."""
    found = [words for fence in fences(README, "sh") for words in commands(fence.code)]
    return [words for words in found if words[0] not in ELSEWHERE]


def small(words: Words) -> Words:
    """The same command; a training is small."""
    if words[1] != "train.py":
        return words
    film = (
        ["objective.pose_pretrained=false", "objective.pose_encoder=resnet18"]
        if "experiment=own_video" in words
        else []
    )
    return [*words, *TRAINING, *film]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the user, with the programs of a clone."""
    folder = make_world(tmp_path_factory.mktemp("user"))
    for name in ("train.py", "infer.py", "configs", "gradunc"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def test_there_are_commands():
    assert len(of_the_table()) == 3
    assert len(of_the_fences()) == 5


COMMANDS = {shlex.join(words): words for words in (*of_the_table(), *of_the_fences())}


@pytest.mark.parametrize("line", COMMANDS)
def test_it_runs(line: str, world: Path):
    words = [sys.executable, *small(COMMANDS[line])[1:]]
    environment = {**os.environ, "WANDB_MODE": "offline", "PYTHONPATH": str(world)}
    done = subprocess.run(words, cwd=world, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
