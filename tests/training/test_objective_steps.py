"""Twenty steps of training with each objective beyond the common ones, on two rendered images: depth comes nearer.

Whether it does is judged by the truth and by least squares of the network's own quantity, never by the loss. Video from
nothing has not learned depth after so few steps: there the depths of both views come nearer to one another.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc.assembly import build_training
from gradunc.callbacks.objective_tiles import TILES, objective_tiles
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.ops.alignment import least_squares
from gradunc.training import DepthTraining
from gradunc.types import Sample
from tests.contracts.objective_checks import step, street_batch

STEPS = 20
COMMON = ["data=synthetic", "model.size=[32,64]"]
RELATIVE = ["model=dpt_tiny", "model.head=relative", "model.features=16"]
STREET = ["model=lcnet", "model.decoder_channels=[8,8,16,16,32]", "model.min_depth=1", "model.initial_depth=12"]
CASES = {
    "midas": RELATIVE,
    "midas_least_squares": RELATIVE,
    "adabins": ["model=adabins_tiny", "model.bins=16", "model.patch=4", "model.max_depth=80"],
    "stereo_census": STREET,
    "stereo_lr": STREET,
    "sc_depth": [*STREET, "objective.frames=[1]"],
}
"""Objective -> its typical network, small."""
SHOWN = {"midas": 0, "midas_least_squares": 0, "adabins": 1, "stereo_census": 3, "stereo_lr": 3, "sc_depth": 4}
"""Objective -> tiles that it adds to a panel."""

rendered: Callable[..., Sample] = cache(street_batch)


def built(objective: str) -> DepthTraining:
    """What train.py builds, with weights that are always the same."""
    line = [*COMMON, f"objective={objective}", "objective.pose_encoder=lcnet_050", *CASES[objective]]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_training(load(TrainConfig, TRAIN_GROUPS, parse(line, TRAIN_GROUPS)))


def error(module: DepthTraining, batch: Sample) -> float:
    """Mean |difference| of aligned output and truth, in the network's quantity, in deviations of the truth."""
    space = module.depth_model.output_space
    with torch.no_grad():
        output = module.depth_model.eval()(batch["image"]).depth
    module.train()
    values: list[Tensor] = []
    for one, truth in zip(output, batch["depth"], strict=True):  # pyright: ignore[reportTypedDictNotRequiredAccess]
        depth, predicted = truth[truth > 0], one[truth > 0]
        fit = least_squares(depth, predicted, space)
        target = depth if space.quantity == "depth" else 1 / depth
        aligned = fit.target + fit.slope * (predicted - fit.origin)
        values.append((aligned - target).abs().mean() / target.std())
    return float(torch.stack(values).mean())


def trained(module: DepthTraining, batch: Sample) -> list[dict[str, Any]]:
    """What each of the steps returns."""
    optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
    found = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        found.append(step(module, batch))
        found[-1]["loss"].backward()
        optimizer.step()
    return found


@pytest.mark.parametrize("objective", CASES)
def test_twenty_steps_bring_depth_nearer(objective: str) -> None:
    module = built(objective).train()
    batch = rendered(module.frames)
    before = error(module, batch)
    outputs = trained(module, batch)
    assert float(outputs[-1]["loss"].detach()) < float(outputs[0]["loss"].detach())
    assert [tile.pixels.shape for tile in objective_tiles(outputs[-1]["maps"], 1)] == [(32, 64, 3)] * SHOWN[objective]
    assert set(outputs[-1]["maps"]) <= set(TILES)
    if "geometry_consistency" in module.engine.terms:
        apart = [float(one["logged"]["train/geometry_consistency"]) for one in (outputs[0], outputs[-1])]
        assert apart[1] < 0.9 * apart[0]
    else:
        assert error(module, batch) < 0.9 * before
