"""Trains the network of docs/scoring.md that has seen single moving cameras only (objective=mono).

    python benchmarks/mono_network.py STEREO_EXPORT OUTPUT [--pose-epochs 3] [--epochs 16]

When this network was trained, depth and motion that both start from nothing settled on a constant depth in a training
as short as the demo's (experiment=demo_video no longer does). So the pose network learns first, from the depth of a
network trained on stereo pairs; then it and a NEW depth network learn together, from video alone.
"""

import argparse
from pathlib import Path

import lightning as L
import torch

from gradunc import load_model
from gradunc.assembly import build_data, build_training
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.losses.photometric import photometric_error
from gradunc.models import export_model
from gradunc.ops.geometry import warp
from gradunc.training import DepthTraining
from gradunc.types import Sample

UNIT = 60.0
"""Metres per unit of the new network: the pose network answers in hundredths of a unit, and a frame is 0.7 m away."""

SETTINGS = (
    "experiment=demo",
    "objective=mono",
    "objective.pose_encoder=lcnet_050",
    "objective.optimizer=adamw",
    "objective.learning_rate=1e-3",
    "objective.weight_decay=0",
    "objective.schedule=onecycle",
    f"model.min_depth={1 / UNIT}",
    f"model.max_depth={100 / UNIT}",
    f"model.initial_depth={12 / UNIT}",
)


def main() -> None:
    """Train and export."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stereo", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--pose-epochs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="further settings, data.cache=FOLDER")
    arguments = parser.parse_intermixed_args()
    config = load(TrainConfig, TRAIN_GROUPS, parse([*SETTINGS, *arguments.overrides], TRAIN_GROUPS))
    L.seed_everything(config.seed)
    module = build_training(config)
    data = build_data(config.data, module.depth_model.size, module.frames, config.seed)
    data.prepare("train", "val")
    _teach_motion(module, load_model(arguments.stereo), data, arguments.pose_epochs)
    trainer = L.Trainer(max_epochs=arguments.epochs, accelerator="cpu", logger=False, enable_checkpointing=False)
    trainer.fit(module, data)
    print({name: round(float(value), 4) for name, value in trainer.callback_metrics.items()})
    print(export_model(module.depth_model, arguments.output))


def _teach_motion(module: DepthTraining, teacher: torch.nn.Module, data: L.LightningDataModule, epochs: int) -> None:
    """Photometric error of the teacher's depth, over the pose network only."""
    pose_network = module.pose_network
    assert pose_network is not None, "the objective is mono"
    optimizer = torch.optim.AdamW(pose_network.parameters(), lr=1e-3)
    module.train()
    for epoch in range(epochs):
        total = 0.0
        loader = data.train_dataloader()
        loader.sampler.epoch = epoch
        for batch in loader:
            with torch.no_grad():
                depth = teacher(batch["image"]).depth / UNIT
            loss = _reprojection(batch, depth, module.poses(batch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() / len(loader)
        print(f"motion, epoch {epoch + 1} of {epochs}: photometric loss {total:.4f}", flush=True)


def _reprojection(batch: Sample, depth: torch.Tensor, poses: torch.Tensor) -> torch.Tensor:
    assert "sources" in batch and "intrinsics" in batch, "the synthetic street delivers both"  # noqa: PT018
    image, intrinsics = batch["image"], batch["intrinsics"]
    views = zip(batch["sources"].unbind(1), poses.unbind(1), strict=True)
    errors = [photometric_error(warp(source, depth, intrinsics, pose)[0], image) for source, pose in views]
    return torch.cat(errors, 1).amin(1).mean()


if __name__ == "__main__":
    main()
