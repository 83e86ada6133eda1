"""Why a training on video collapses: the same frames and first weights, published arithmetic against ours, by step.

    python benchmarks/video_from_nothing.py OUTPUT [--steps 200] [--case NAME ...]

Depth and pose networks start from nothing. Every case writes OUTPUT/CASE.csv, a row every 10 steps: loss, spread
(standard deviation over mean) of the disparity, median depth, share of pixels that the auto-mask keeps, translation
along the axis over median depth (the truth is about 0.06 of 12 m), rotation [rad] (truth 0.001), and norms of both
networks' gradients; then abs_rel on the scenes of the validation split, scaled to the median.
"""

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

import lightning as L
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gradunc.assembly import build_data, build_training
from gradunc.callbacks.health import health_of
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.losses import LossInputs
from gradunc.losses.photometric import reprojection
from gradunc.losses.smoothness import smoothness
from gradunc.metrics import DepthErrors, EvaluationProtocol
from gradunc.models.pose.network import PoseNetwork
from gradunc.ops.geometry import backproject
from gradunc.ops.similarity import photometric_error
from gradunc.training import DepthTraining
from gradunc.types import Sample

EVERY = 10
SETTINGS = ("experiment=demo_video", "data.batch_size=4", "data.augmentation.jitter=0", "objective.weight_decay=0")
AT_ONCE = "objective.auto_mask_after=0"
PUBLISHED_RANGE = (AT_ONCE, "model.min_depth=0.1", "model.max_depth=100", "model.initial_depth=null")


class Case(NamedTuple):
    """One training."""

    published: bool
    """Monodepth2's arithmetic in the place of ours."""
    settings: tuple[str, ...] = ()
    unit: float | None = None
    """Of translations; None = that of the start depth."""


CASES = {
    "published_from_0.2": Case(True, PUBLISHED_RANGE),
    "ours_from_0.2": Case(False, PUBLISHED_RANGE),
    "published_from_12": Case(True, (AT_ONCE,), unit=1.0),
    "ours_from_12": Case(False, (AT_ONCE,), unit=1.0),
    "ours_from_12_with_unit": Case(False, (AT_ONCE,)),
    "and_the_mask_waits": Case(False),
}


def main() -> None:
    """Train every case and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--case", nargs="*", choices=tuple(CASES), default=tuple(CASES))
    parser.add_argument("--set", nargs="*", default=(), metavar="key=value", help="further settings, data.cache=FOLDER")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.case:
        rows = list(run(CASES[name], arguments.steps, arguments.rate, tuple(arguments.set)))
        with (arguments.output / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[-1]))
            writer.writeheader()
            writer.writerows(rows)
        print(f"| {name} | " + " | ".join(f"{key} {value:.3g}" for key, value in rows[-1].items()) + " |", flush=True)


def run(case: Case, steps: int, rate: float, given: tuple[str, ...]) -> list[dict[str, float]]:
    """The rows of one case."""
    config = load(TrainConfig, TRAIN_GROUPS, parse([*SETTINGS, *case.settings, *given], TRAIN_GROUPS))
    L.seed_everything(config.seed, verbose=False)
    module, rows = build_training(config).train(), []
    pose_network = module.pose_network
    assert isinstance(pose_network, PoseNetwork), "the objective is mono"
    if case.unit is not None:
        pose_network.unit.fill_(case.unit)
    data = build_data(config.data, module.depth_model.size, module.frames, config.seed)
    data.prepare("train", "val")
    optimizer = torch.optim.Adam(module.parameters(), lr=rate)
    loader, step = data.train_dataloader(), 0
    while step <= steps:
        loader.sampler.epoch = step  # pyright: ignore[reportAttributeAccessIssue]
        for batch in loader:
            optimizer.zero_grad()
            inputs = inputs_of(module, data.on_after_batch_transfer(batch, 0))
            inputs.auto_masked = step >= config.objective.auto_mask_after
            loss = published_loss(inputs) if case.published else module.engine(inputs).total
            loss.backward()
            if step % EVERY == 0:
                rows.append({"step": step, "loss": loss.item(), **facts(module, inputs)})
            optimizer.step()
            step += 1
            if step > steps:
                break
    rows[-1]["abs_rel"] = abs_rel(module, data.val_dataloader())
    return rows


def inputs_of(module: DepthTraining, batch: Sample) -> LossInputs:
    """What both losses are given."""
    depth = module.depth_model
    inputs = LossInputs(batch, depth.all_scales(batch["image"]), depth.to_depth)
    inputs.poses = module.poses(batch)
    return inputs


def published_loss(inputs: LossInputs) -> Tensor:
    """Monodepth2's loss by the description in docs/methods.md F.3, with its mixture of the two conventions of places.

    Identity candidates with new noise at every scale; places divided by W - 1, but sampled as if -1 and 1 were the
    outer edges of the image.
    """
    image, losses = inputs.tensor("image"), []
    size = (image.shape[-2], image.shape[-1])
    identity = torch.cat([photometric_error(source, image) for source in inputs.sources], 1)
    for scale, activation in enumerate(inputs.prediction.scales):
        upsampled = F.interpolate(activation, size, mode="bilinear", align_corners=False)
        depth = inputs.to_depth(upsampled)
        views = zip(inputs.sources, inputs.poses.unbind(1), strict=True)
        errors = [photometric_error(_sampled(inputs, source, depth, pose), image) for source, pose in views]
        noisy = identity + 1e-5 * torch.randn_like(identity)
        minimum = torch.cat([noisy, *errors], 1).amin(1).mean()
        small = F.interpolate(image, activation.shape[-2:], mode="bilinear", align_corners=False, antialias=True)
        losses.append(minimum + 1e-3 * smoothness(activation, small) / 2**scale)
    return torch.stack(losses).mean()


def _sampled(inputs: LossInputs, source: Tensor, depth: Tensor, pose: Tensor) -> Tensor:
    height, width = depth.shape[-2:]
    points = backproject(depth, inputs.tensor("intrinsics"))
    camera = inputs.tensor("intrinsics") @ (pose[:, :3, :3] @ points + pose[:, :3, 3:])
    pixels = camera[:, :2] / (camera[:, 2:] + 1e-7)
    grid = 2 * (pixels / pixels.new_tensor([width - 1, height - 1]).view(1, 2, 1) - 0.5)
    grid = grid.view(-1, 2, height, width).permute(0, 2, 3, 1)
    return F.grid_sample(source, grid, padding_mode="border", align_corners=False)


@torch.no_grad()
def facts(module: DepthTraining, inputs: LossInputs) -> dict[str, float]:
    """What is looked at in a step; gradients have been computed."""
    depth, motion = inputs.prediction.depth, inputs.poses[:, 1]
    found = health_of(depth, reprojection(inputs, 0).auto_mask)
    assert module.pose_network is not None, "the objective is mono"
    return {
        "spread": found.spread.item(),
        "kept": 1 - found.masked.item(),
        "median_depth": depth.median().item(),
        "translation": (motion[:, 2, 3] / depth.flatten(1).median(1).values).mean().item(),
        "rotation": (motion[:, 0, 2].square() + motion[:, 1, 2].square()).sqrt().mean().item(),
        "depth_gradient": _norm(module.depth_model),
        "pose_gradient": _norm(module.pose_network),
        "abs_rel": float("nan"),
    }


def _norm(network: nn.Module) -> float:
    return (
        torch.stack([weights.grad.norm() for weights in network.parameters() if weights.grad is not None]).norm().item()
    )


@torch.no_grad()
def abs_rel(module: DepthTraining, batches: DataLoader[Sample]) -> float:
    """Mean over the images of the validation split, up to 80 m, scaled to the median."""
    model, metric, protocol = module.depth_model.eval(), DepthErrors(), EvaluationProtocol(alignment="median")
    for batch in batches:
        predicted = model(batch["image"].float() / 255).depth
        for depth, truth, valid in zip(predicted, batch["depth"], batch["valid"], strict=True):
            chosen = protocol.select(truth, depth, valid, model.output_space)
            metric.update(chosen.truth, chosen.prediction)
    return float(metric.compute()["abs_rel"])


if __name__ == "__main__":
    main()
