"""Inputs of losses without a network."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from gradunc.losses import TERMS, LossInputs
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import BIN_CENTRES, DepthPrediction, Sample


def prediction(*scales: Tensor, told: Sequence[Tensor] = (), centres: Tensor | None = None) -> DepthPrediction:
    """A prediction whose activation is depth, with an uncertainty head that says `told`, and bins (B,K)."""
    extras = {} if centres is None else {BIN_CENTRES: centres[:, :, None, None]}
    return DepthPrediction(depth=scales[0], scales=scales, uncertainty_scales=tuple(told), extras=extras)


def inputs(
    predicted: DepthPrediction, poses: Tensor | None = None, own: OwnUncertainty | None = None, **sample: Tensor
) -> LossInputs:
    """Loss inputs of a linear head, and an uncertainty head that means `own`."""
    made = LossInputs(cast(Sample, sample), predicted, lambda activation: activation, own_uncertainty=own)
    if poses is not None:
        made.poses = poses
    return made


def with_head(name: str, predicted: Tensor, **sample: Tensor) -> LossInputs:
    """Inputs of a term, with the uncertainty head that it trains, or the bins that it needs; the outputs are random."""
    term = TERMS[name]()
    head = term.head
    if not head:
        centres = 1 + random(2, len(predicted), 5) if "bins" in term.needs else None
        return inputs(prediction(predicted, centres=centres), **sample)
    own = OwnUncertainty(head)  # pyright: ignore[reportArgumentType]
    told = random(1, len(predicted), own.channels, *predicted.shape[-2:]).requires_grad_()
    return inputs(prediction(predicted, told=[told]), own=own, **sample)


def random(seed: int, *shape: int) -> Tensor:
    """Uniform in [0,1)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def no_motion(batch: int = 1, sources: int = 1) -> Tensor:
    """(B,N,4,4) identities."""
    return torch.eye(4).expand(batch, sources, 4, 4).clone()


def camera(batch: int = 1, f: float = 20.0) -> Tensor:
    """(B,3,3) intrinsics."""
    return torch.tensor([[f, 0.0, 5.0], [0.0, f, 4.0], [0.0, 0.0, 1.0]]).expand(batch, 3, 3)
