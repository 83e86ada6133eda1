"""A short self-supervised fine-tuning on real frames: does the photometric loss fall on frames it has not seen?

    python benchmarks/finetune_kitti.py WEIGHTS KITTI [--objective stereo] [--steps 40] [--seeds 0 1 2]

WEIGHTS is a trained network (RT-MonoDepth-S as published), KITTI a folder of KITTI raw with drive 0002, of whose ten
frames 1 to 6 are trained on and 7 and 8 validated. A network trained on video knows no unit: it gets the one in which
it explains the stereo pairs of the training frames best. Motion in time (objective mono_stereo) is learnt by a small
pose network from nothing. Seeds differ in order and augmentation, and in that network's start.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import lightning as L
import torch

from gradunc.assembly import build_data, build_training
from gradunc.callbacks import EvaluationCallback
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.loading.collate import collate
from gradunc.data.loading.datamodule import DepthData, to_float
from gradunc.losses import LossEngine, LossInputs
from gradunc.metrics import EvaluationProtocol
from gradunc.models.checkpoints.load import load_family_model
from gradunc.training import DepthTraining

DRIVE = "2011_09_26/2011_09_26_drive_0002_sync"
FRAMES = {"train": (1, 2, 3, 4, 5, 6), "val": (7, 8)}
UNITS = (8.0, 10.0, 12.0, 15.0, 19.0, 24.0, 30.0)
"""Metres that one unit of a network trained on video may be."""


class Change(NamedTuple):
    """Figures of the frames that were not trained on, before and after."""

    photometric: tuple[float, float]
    """The loss, mean over scales."""
    abs_rel: tuple[float, float]
    """Of metric depth, without alignment, Garg crop; training never sees it."""


def fine_tune(
    weights: Path, kitti: Path, *, objective: str = "stereo", steps: int = 40, seed: int = 0, size: str = "192x640"
) -> Change:
    """Train a copy of the network for some steps."""
    L.seed_everything(seed, verbose=False)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module, data = _set_up(_arguments(weights, kitti, Path(folder), size), objective, seed)
        trainer = L.Trainer(
            max_steps=steps,
            max_epochs=-1,
            accelerator="cpu",
            devices=1,
            check_val_every_n_epoch=steps,
            num_sanity_val_steps=0,
            callbacks=[EvaluationCallback(EvaluationProtocol("none", crop="garg"))],
            use_distributed_sampler=False,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        (before,) = trainer.validate(module, data, verbose=False)
        trainer.fit(module, data)
        (after,) = trainer.validate(module, data, verbose=False)
    return Change(*((before[name], after[name]) for name in ("val/photometric", "val/abs_rel")))


def _arguments(weights: Path, kitti: Path, folder: Path, size: str) -> list[str]:
    """Settings of the network and of the frames, the lists of which are written to a folder."""
    given = ["data=kitti", f"data.root={kitti}", "data.batch_size=2", "data.workers=0", "data.augmentation.hue=0.05"]
    for split, frames in FRAMES.items():
        path = folder / f"{split}.txt"
        path.write_text("".join(f"{DRIVE} {frame} l\n" for frame in frames))
        given.append(f"data.kitti.{split}_split={path}")
    trained = load_family_model(weights).settings
    network = {name: str(getattr(trained, name)).replace(" ", "") for name in trained.STRUCTURE}
    given += [f"model.{key}={value}" for key, value in network.items()]
    given += [f"model.weights={weights}", f"model.size=[{size.replace('x', ',')}]"]
    unit = _unit(weights, given) if trained.ambiguity == "scale" else 1.0
    nearest, farthest = trained.depth_range
    return [*given, f"model.min_depth={unit * nearest}", f"model.max_depth={unit * farthest}"]


def _set_up(arguments: Sequence[str], objective: str, seed: int) -> tuple[DepthTraining, DepthData]:
    """What train.py would make of the arguments."""
    optimiser = ["objective.schedule=constant", "objective.learning_rate=1e-4", "objective.pose_encoder=lcnet_050"]
    line = [*arguments, f"objective={objective}", *optimiser, "objective.warmup_steps=10"]
    config = load(TrainConfig, TRAIN_GROUPS, parse(line, TRAIN_GROUPS))
    module = build_training(config)
    return module, build_data(config.data, module.depth_model.size, module.frames, seed, train_truth=False)


def _unit(weights: Path, arguments: Sequence[str]) -> float:
    """Metres of one unit of depth: with these the training frames' stereo pairs agree best."""
    module, data = _set_up(arguments, "stereo", 0)
    frames = data.split("train")
    batch = to_float(collate([frames[i] for i in range(len(frames))]))
    engine, to_depth = LossEngine({"photometric": 1.0}), module.depth_model.to_depth
    with torch.no_grad():
        prediction = module.depth_model.eval()(batch["image"])

        poses = module.poses(batch)

        def loss(unit: float) -> float:
            inputs = LossInputs(batch, prediction, lambda activation: unit * to_depth(activation), poses)
            return float(engine(inputs).total)

        return min(UNITS, key=loss)


def main() -> None:
    """Print one line per seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("kitti", type=Path)
    parser.add_argument("--objective", default="stereo", choices=["stereo", "mono_stereo"])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    for seed in given.seeds:
        start = time.perf_counter()
        change = fine_tune(given.weights, given.kitti, objective=given.objective, steps=given.steps, seed=seed)
        figures = "  ".join(f"{name} {a:.4f} -> {b:.4f}" for name, (a, b) in change._asdict().items())
        print(f"seed {seed}: {figures}  ({time.perf_counter() - start:.0f} s)")


if __name__ == "__main__":
    main()
