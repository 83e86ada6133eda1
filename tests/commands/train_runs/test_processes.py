"""train.py and infer.py over two processes."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gradunc.commands import infer, train
from gradunc.commands import run_folder as folders
from gradunc.commands.sound import check_sound
from gradunc.models import export_model, load_model
from gradunc.training import DepthTraining
from tests.attack.forks import forked, wait
from tests.commands.train_runs.helpers import arguments
from tests.helpers import in_two_processes
from tests.training.helpers import tiny_model

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def start(script: str, given: Sequence[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, str(ROOT / script), *given],
        env={**os.environ, "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled", **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


DDP = ("trainer.strategy=ddp", "trainer.devices=2")


def test_two_processes_measure_what_one_does(tmp_path: Path, cache: Path) -> None:
    export = export_model(tiny_model(), tmp_path / "model")
    common = [
        f"checkpoint={export}",
        f"data.cache={cache}",
        *["data=synthetic", "data.synthetic.test_scenes=5", "data.synthetic.frames_per_scene=1", "trainer=cpu"],
        *["trainer.progress=false", "uncertainty=flip_and_gray", "evaluation.pictures=5"],
    ]
    results: dict[str, dict[str, Any]] = {}
    assert infer.main(["evaluate", *common, f"output={tmp_path / 'one'}"]) == 0
    in_two_processes(lambda: infer.main(["evaluate", *common, f"output={tmp_path / 'two'}", *DDP]))
    for name in ("one", "two"):
        results[name] = json.loads((tmp_path / name / "metrics.json").read_text())
    one, two = results["one"], results["two"]
    assert one["images"] == two["images"] == 5
    assert one["non_finite_predictions"] == two["non_finite_predictions"]
    assert one["depth"].keys() == two["depth"].keys()
    for table in ("depth", "uncertainty"):
        assert one[table].keys() == two[table].keys()
        for name, values in one[table].items():
            other = two[table][name]
            assert other.pop("scale", None) == values.pop("scale", None)
            assert other == pytest.approx(values, rel=1e-6, abs=1e-9)
    images = [list(csv.DictReader((tmp_path / name / "metrics_per_image.csv").open())) for name in ("one", "two")]
    for first, second in zip(*images, strict=True):
        assert (first["image"], first["scene"], first["index"]) == (second["image"], second["scene"], second["index"])
        assert float(first["gray/score"]) == pytest.approx(float(second["gray/score"]), rel=1e-6)
        assert float(first["rmse"]) == pytest.approx(float(second["rmse"]), rel=1e-6)
    pictures = [sorted(path.name for path in (tmp_path / name / "pictures").iterdir()) for name in ("one", "two")]
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) == 5


def test_two_processes_train_together(tmp_path: Path, cache: Path) -> None:
    given = arguments(tmp_path, cache, *DDP, "trainer.max_epochs=1", "evaluation.baselines=true", "objective=mono")
    given += [
        "evaluation.pictures=2",
        "objective.ema=0.9",
        "objective.encoder_learning_rate=1e-4",
        "objective.warmup_steps=2",
    ]
    done = start("train.py", [*given, "objective.pose_encoder=lcnet_050"])
    assert done.returncode == 0, done.stderr[-2000:]
    (folder,) = (tmp_path / "runs/run").iterdir()
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["images"] == 3
    assert list(metrics["depth"]) == ["model", "constant depth", "mean depth map"]
    assert load_model(folder / "export").settings.size == [32, 64]


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_others_with_one_line(tmp_path: Path, cache: Path, lost: int) -> None:
    """Two forks, which Lightning takes for those of a launcher; one of them is killed in its third step."""
    given = [*arguments(tmp_path, cache, *DDP, "trainer.max_epochs=99"), "uncertainty=none"]
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    ranks = []
    for rank in (0, 1):
        environment = {"LOCAL_RANK": str(rank), "MASTER_PORT": str(port), folders.SHARED: str(tmp_path / "run")}
        command = partial(_killed_in_its_third_step, given, environment, rank == lost)
        ranks.append(forked(command, tmp_path / f"{rank}.log"))
    codes = [wait(number, 240) for number in ranks]
    assert codes[lost] == -signal.SIGKILL
    assert codes[1 - lost] == 1
    log = (tmp_path / f"{1 - lost}.log").read_text()
    assert "Traceback" not in log
    assert [line for line in log.splitlines() if line.startswith("error: ")] == [log.splitlines()[-1]]
    assert "another process of this run was lost" in log
    check_sound(tmp_path / "run/checkpoints/last.ckpt")


def _killed_in_its_third_step(given: list[str], environment: dict[str, str], lost: bool) -> None:
    step, calls = DepthTraining.training_step, []

    def killed(self: DepthTraining, *batch: Any) -> Any:
        calls.append(1)
        if lost and len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, *batch)

    DepthTraining.training_step = killed
    os.environ |= {"MASTER_ADDR": "localhost", "WORLD_SIZE": "2", **environment}
    sys.argv = ["train.py", *given]
    train.console()
