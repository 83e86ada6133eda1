"""A training with a field of motion: how it begins, when the field does, and what learns by it."""

from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc.losses import LossEngine
from gradunc.models.pose.motion import MotionNetwork
from gradunc.training import DepthTraining
from tests.training.helpers import SpyPose, batch, tiny_model

LOSSES = {"photometric": 1.0, "motion_sparsity": 0.02, "motion_smoothness": 0.1}


def training(*, field: bool = True, after: int = 0, stirred: bool = False) -> DepthTraining:
    """A module in training mode; `stirred` = the head of the field has left its start."""
    model, pose = tiny_model(), SpyPose([0.0, 0.01, 0.0], [0.1, 0.0, -0.2])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        motion = MotionNetwork("lcnet_050", model.size, 60.0)
    if stirred:
        torch.nn.init.normal_(motion.head.weight, generator=torch.Generator().manual_seed(0))
    losses = LOSSES if field else {"photometric": 1.0}
    keywords: dict[str, Any] = {"motion_network": motion, "motion_after": after} if field else {}
    module = DepthTraining(model, LossEngine(losses), [1], pose, **keywords).train()
    module.log_dict = lambda *_, **__: None
    return module


def step(module: DepthTraining) -> tuple[Tensor, dict[str, Any]]:
    """The photometric maps of a step, after its backward pass."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = module.training_step(batch(sources=1), 0)
    found["loss"].backward()
    return found["maps"]["photometric"], found


def gradients(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: one.grad for name, one in module.named_parameters() if one.grad is not None}


@pytest.mark.parametrize("after", [0, 1])
def test_it_begins_as_a_training_without_a_field(after: int) -> None:
    """Before the field's head has learned, or before its time has come."""
    plain, moving = training(field=False), training(after=after, stirred=after > 0)
    torch.testing.assert_close(step(moving)[0], step(plain)[0])
    torch.testing.assert_close(gradients(moving.depth_model), gradients(plain.depth_model))
    assert moving.motion_network is not None
    named = dict(moving.motion_network.named_parameters())
    assert gradients(moving.motion_network).keys() == named.keys(), "DDP waits for every gradient"


def test_the_field_changes_the_views() -> None:
    plain, moving = step(training(field=False))[0], step(training(stirred=True))
    assert not torch.allclose(moving[0], plain, atol=1e-3)
    assert moving[1]["maps"]["motion"].shape[1] == 3
    assert moving[1]["maps"]["motion"].any()


def test_validation_has_the_field() -> None:
    module = training(after=1000, stirred=True).eval()
    assert module.validation_step(batch(sources=1), 0)["maps"]["motion"].any()
    assert not training(after=1000, stirred=True).training_step(batch(sources=1), 0)["maps"]["motion"].any()
