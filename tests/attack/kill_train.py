"""Kill train.py at random moments, resume it, and compare the result with that of a run that was left alone.

    python -m tests.attack.kill_train KILLED_RUNS FOLDER [TEMPORARY_FOLDER] [seed=N] [key=value ...]

TEMPORARY_FOLDER may lie on another file system than FOLDER. A part of the kills are SIGTERM, after which the run must
end with code 143; the others are SIGKILL. Runs are forks of one process that has imported everything.
"""

import csv
import json
import math
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file

from gradunc.commands.resume_point import DAMAGED
from gradunc.commands.sound import check_sound
from gradunc.commands.train import console
from gradunc.errors import InputError
from gradunc.models import load_model
from tests.attack.forks import forked, wait
from tests.commands.train_runs.helpers import TINY

LIMIT = 300.0
"""Seconds after which a run counts as hung."""
GIVEN = (*TINY, "trainer.max_epochs=3", "evaluation.baselines=true", "objective.ema=0.9", "trainer.select_by=val/loss")


class Run:
    """One output folder with a cache of its own, in which train.py is started again and again."""

    def __init__(self, folder: Path, temporary: Path, more: Sequence[str] = ()) -> None:
        self.folder, self.temporary = folder, temporary
        self.arguments = [*GIVEN, f"output={folder}/runs", f"data.cache={folder}/cache", "resume=auto", *more]
        folder.mkdir(parents=True)
        temporary.mkdir(parents=True, exist_ok=True)

    def start(self) -> int:
        """A fork that runs the command; returns its process number."""
        return forked(self._command, self.folder / "log")

    def _command(self) -> None:
        os.environ["TMPDIR"], tempfile.tempdir = str(self.temporary), None
        sys.argv = ["train.py", *self.arguments]
        console()

    def run_folders(self) -> list[Path]:
        """Of all attempts; one if every attempt went on with the first."""
        return sorted((self.folder / "runs/run").glob("*"))

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


def kill(number: int, which: int) -> int | None:
    os.kill(number, which)
    return wait(number, LIMIT)


class Result(NamedTuple):
    """What a finished run has measured."""

    curve: dict[tuple[str, str], float]
    metrics: dict[str, float]
    weights: dict[str, torch.Tensor]

    @classmethod
    def of(cls, run_folder: Path) -> "Result":
        metrics = dict(_numbers(json.loads((run_folder / "metrics.json").read_text())))
        return cls(_curve(run_folder), metrics, load_file(run_folder / "export/model.safetensors"))

    def difference(self, other: "Result") -> float:
        """The largest one of all numbers; infinite if one of them has others."""
        if self.curve.keys() != other.curve.keys() or self.metrics.keys() != other.metrics.keys():
            return math.inf
        pairs = [(self.curve[key], other.curve[key]) for key in self.curve]
        pairs += [(self.metrics[key], other.metrics[key]) for key in self.metrics]
        numbers = max(abs(a - b) for a, b in pairs if not (math.isnan(a) and math.isnan(b)))
        weights = max(float((self.weights[key].double() - other.weights[key]).abs().max()) for key in self.weights)
        return max(numbers, weights)


def _curve(run_folder: Path) -> dict[tuple[str, str], float]:
    """(column, step) -> value of all parts; steps that were trained twice count as the second time."""
    parts = sorted(run_folder.glob("metrics.*.csv"), key=lambda path: int(path.name.split(".")[1]))
    found: dict[tuple[str, str], float] = {}
    for part in (*parts, run_folder / "metrics.csv"):
        with part.open(newline="") as file:
            for row in csv.DictReader(file):
                found |= {(key, row["step"]): float(value) for key, value in row.items() if value and key != "step"}
    return found


def _numbers(content: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _numbers(value, f"{path}/{key}")
    elif isinstance(content, int | float):
        yield path, content


def faults(run: Run) -> list[str]:
    """What a kill must not leave: damaged files, and anything in the temporary folder."""
    found = [f"{path} left" for path in run.temporary.rglob("*") if path.is_file()]
    for path in (path for folder in run.run_folders() for path in folder.rglob("*") if path.is_file()):
        try:
            if path.suffix == ".ckpt":
                check_sound(path)
            elif path.suffix == ".safetensors":
                load_model(path.parent)
            elif path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix == DAMAGED:
                found.append(f"{path} set aside")
        except (InputError, ValueError) as error:
            found.append(str(error))
    return found


def parts(run: Run) -> list[str]:
    """Files of killed writers."""
    return [str(path) for path in run.folder.rglob(".gradunc-*.part")]


def attack(run: Run, chance: random.Random, seconds: float) -> list[str]:
    """Kill a run up to three times, then let it end; returns what was wrong."""
    found: list[str] = []
    for _ in range(chance.choice([1, 1, 2, 3])):
        number, which = run.start(), chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
        if wait(number, chance.uniform(0.1, 1.05) * seconds) is not None:
            continue  # it was faster
        code = kill(number, which)
        found += faults(run)
        if code not in ((-signal.SIGKILL,) if which == signal.SIGKILL else (128 + signal.SIGTERM, 0)):
            found.append(f"{which.name}: exit code {code}")
        print(f"    {which.name}: {run.log().strip().splitlines()[-1:]}", flush=True)
    number = run.start()
    code = wait(number, LIMIT)
    if code is None:
        kill(number, signal.SIGKILL)
    found += faults(run) + [f"{path} left" for path in parts(run)]
    if code != 0:
        found.append(f"the resumed run: exit code {code}: {run.log()[-500:]}")
    if len(run.run_folders()) != 1:
        found.append(f"{len(run.run_folders())} run folders")
    if "Traceback" in run.log():
        found.append("a traceback")
    return found


def main(count: int, folder: Path, temporary: Path, seed: int = 0, more: Sequence[str] = ()) -> int:
    """Attack `count` runs; returns how many of them equal the one that was left alone."""
    straight = Run(folder / "straight", temporary / "straight", more)
    begin = time.monotonic()
    code = wait(straight.start(), LIMIT)
    seconds = time.monotonic() - begin
    assert code == 0, straight.log()
    expected, chance, equal = Result.of(straight.run_folders()[0]), random.Random(seed), 0
    for index in range(count):
        run = Run(folder / str(index), temporary / str(index), more)
        if chance.random() < 0.7:  # nothing to render: more kills hit the training
            shutil.copytree(straight.folder / "cache", run.folder / "cache")
        found = attack(run, chance, seconds)
        difference = math.inf if found else Result.of(run.run_folders()[0]).difference(expected)
        equal += difference == 0
        print(f"{index}: difference {difference} {found or ''}", flush=True)
        if difference == 0:
            shutil.rmtree(run.folder)
    print(f"{equal} of {count} killed runs equal one that was left alone ({seconds:.1f} s)")
    return equal


if __name__ == "__main__":
    number, work, *rest = sys.argv[1:]
    places = [argument for argument in rest if "=" not in argument]
    keys = [argument for argument in rest if "=" in argument]
    start = next((int(key.removeprefix("seed=")) for key in keys if key.startswith("seed=")), 0)
    options = [key for key in keys if not key.startswith("seed=")]
    place = Path(places[0] if places else work, "temporary")
    sys.exit(main(int(number), Path(work), place, start, options) != int(number))
