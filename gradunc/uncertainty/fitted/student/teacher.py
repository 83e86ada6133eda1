"""What a student learns: the mean logarithm of several gradient scores at 1/4 of the resolution."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.cells import any_of, averaged
from gradunc.ops.masked import masked_mean
from gradunc.types import CELL, UncertaintyEstimate
from gradunc.uncertainty.gradient.estimator import GradientUncertainty
from gradunc.uncertainty.gradient.references import ReferenceSpec, make_references
from gradunc.uncertainty.gradient.references.base import can_split

SMALLEST = 1e-4
"""Scores below this share of the image's mean count as this: 0 has no logarithm."""


class Teacher:
    """Gradient scores with the recommended settings, one for each reference, beside the disagreement of scales.

    Of every logarithm the mean over the image is taken off: the scores have no common unit, and layers that are
    normalised by their mean say nothing of one image against another.

    Args:
        model: the network.
        layers: names of the layers whose gradient is read; None = those of the recommended settings.
        references: as of `GradientUncertainty`. Changed features of a network that cannot be split are left out.

    Raises:
        InputError: an unknown reference, or none that the network allows.
    """

    def __init__(self, model: nn.Module, layers: Sequence[str] | None, references: Sequence[ReferenceSpec]) -> None:
        self._scores: list[GradientUncertainty] = []
        self.left_out: list[str] = []
        """A line for each reference that was left out."""
        for reference in references:
            if _needs_parts(reference) and not can_split(model):
                self.left_out.append(f"{reference} is left out of the teachers, the network has no encode and decode")
                continue
            changes: dict[str, Any] = {} if layers is None else {"layers": list(layers)}
            changes |= {"reference": [reference, "scale"], "reference_check": "off"}
            self._scores.append(GradientUncertainty.recommended(model, **changes))
        if not self._scores:
            raise InputError("no teacher is left: the network has no encode and decode; add flip to references=")

    def __call__(self, image: Tensor, index: Tensor | None, inputs: Mapping[str, Any]) -> Tensor:
        """Mean logarithm (b,1,h,w) of the scores of images (b,3,H,W) at their cells, NaN where one is unknown."""
        scores = [log_score(one.estimate(image, index=index, **inputs)) for one in self._scores]
        return torch.stack(scores).mean(0)


def log_score(estimate: UncertaintyEstimate) -> Tensor:
    """Logarithms (b,1,h,w) of the mean scores of cells, of mean 0 over each image, NaN where unknown.

    An image whose scores are all 0 is known nowhere.
    """
    scores = averaged(estimate.uncertainty, estimate.valid, CELL)
    known = any_of(estimate.valid, CELL)
    level = masked_mean(scores, known)[:, None, None, None]
    known = known & (level > 0)
    logs = scores.clamp_min(SMALLEST * level).clamp_min(torch.finfo(scores.dtype).tiny).log()
    return torch.where(known, logs - masked_mean(logs, known)[:, None, None, None], torch.nan)


def _needs_parts(reference: ReferenceSpec) -> bool:
    """Whether a reference changes features without naming a layer, so that encode and decode are asked for."""
    return any(getattr(one, "layer", "") is None for one in make_references(reference))
