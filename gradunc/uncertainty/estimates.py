"""Putting together what an estimator says of the parts of a batch."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gradunc.types import UncertaintyEstimate


def joined(parts: Sequence[UncertaintyEstimate]) -> UncertaintyEstimate:
    """One estimate of several of the same estimator, in their order; optional parts stay absent."""
    if len(parts) == 1:
        return parts[0]

    def cat(read: Callable[[UncertaintyEstimate], Tensor]) -> Tensor:
        return torch.cat([read(part) for part in parts])

    optional = {
        name: torch.cat([getattr(part, name) for part in parts])
        for name in ("loss", "aleatoric", "epistemic")
        if getattr(parts[0], name) is not None
    }
    return UncertaintyEstimate(
        depth=cat(lambda part: part.depth),
        uncertainty=cat(lambda part: part.uncertainty),
        valid=cat(lambda part: part.valid),
        layers={name: cat(lambda part, name=name: part.layers[name]) for name in parts[0].layers},
        **optional,
    )
