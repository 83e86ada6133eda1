"""Tiny runs of train.py."""

import csv
from pathlib import Path

from gradunc.commands import train

TINY = [
    "data=synthetic",
    "model=lcnet",
    "objective=stereo",
    "trainer=cpu",
    "trainer.progress=false",
    "trainer.log_every_n_steps=1",
    "model.size=[32,64]",
    "model.decoder_channels=[8,8,8,8,8]",
    "objective.step_size=1",
    "objective.learning_rate=1e-3",
    "data.batch_size=2",
    "data.eval_batch_size=2",
    "data.synthetic.train_scenes=4",
    "data.synthetic.val_scenes=2",
    "data.synthetic.test_scenes=3",
    "data.synthetic.frames_per_scene=1",
    "evaluation.pictures=0",
]


def arguments(tmp: Path, cache: Path, *more: str) -> list[str]:
    return [*TINY, f"output={tmp}/runs", f"data.cache={cache}", *more]


def run(tmp: Path, cache: Path, *more: str) -> Path:
    """Train; returns the run folder, the newest one."""
    before = set((tmp / "runs/run").glob("*"))
    assert train.main(arguments(tmp, cache, *more)) == 0
    after = set((tmp / "runs/run").glob("*"))
    return next(iter(after - before or after))


def rows(path: Path, column: str) -> list[str]:
    with path.open(newline="") as file:
        return [row[column] for row in csv.DictReader(file) if row.get(column)]
