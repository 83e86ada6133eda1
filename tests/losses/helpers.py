"""Inputs of losses without a network."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from gradunc.losses import LossInputs
from gradunc.types import DepthPrediction, Sample


def prediction(*scales: Tensor, log_scales: Sequence[Tensor] = ()) -> DepthPrediction:
    """A prediction whose activation is depth."""
    return DepthPrediction(depth=scales[0], scales=scales, log_scales=tuple(log_scales))


def inputs(predicted: DepthPrediction, poses: Tensor | None = None, **sample: Tensor) -> LossInputs:
    """Loss inputs of a linear head."""
    made = LossInputs(cast(Sample, sample), predicted, lambda activation: activation)
    if poses is not None:
        made.poses = poses
    return made


def random(seed: int, *shape: int) -> Tensor:
    """Uniform in [0,1)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def no_motion(batch: int = 1, sources: int = 1) -> Tensor:
    """(B,N,4,4) identities."""
    return torch.eye(4).expand(batch, sources, 4, 4).clone()


def camera(batch: int = 1, f: float = 20.0) -> Tensor:
    """(B,3,3) intrinsics."""
    return torch.tensor([[f, 0.0, 5.0], [0.0, f, 4.0], [0.0, 0.0, 1.0]]).expand(batch, 3, 3)
