"""Depth of neighbouring frames that agrees in scale and shape, and what does not agree is trusted less.

Bian et al., NeurIPS 2019 and IJCV 2021 (SC-Depth; docs/methods.md F.10).
"""

import torch
from torch import Tensor

from gradunc.losses.both_views import BOTH, Direction, directions
from gradunc.losses.inputs import MASKED, LossInputs, TermResult
from gradunc.ops.masked import masked_mean, mean_over_known
from gradunc.ops.similarity import photometric_error


def inconsistency(one: Direction) -> Tensor:
    """|a - b| / (a + b), a the depth as the other camera has it, b the depth that is predicted there: (B,1,H,W).

    0 where the pixel lies outside the other view; otherwise between 0 and 1.
    """
    there = torch.where(one.inside, one.depth_there, 1.0)
    found = torch.where(one.inside, one.depth_found, 1.0)
    return (there - found).abs() / (there + found)


class GeometryConsistency:
    """Mean inconsistency over the pixels that lie inside the other view, then over images and directions."""

    needs = BOTH
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale."""
        found = directions(inputs, scale)
        values = [mean_over_known(masked_mean(inconsistency(one), one.inside), one.inside) for one in found]
        return TermResult(torch.stack(values).mean())


class MaskedPhotometric:
    """Photometric error times the self-discovered mask 1 - inconsistency, a constant.

    Over pixels inside the other view that the warped view explains better than the view as it is (auto-mask, as soon as
    `inputs.auto_masked`); then over images and directions. There is no minimum over sources.
    """

    needs = BOTH | MASKED
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale, and maps of the target and its first source; `agreement` is the mask."""
        found = directions(inputs, scale)
        values, first = [], {}
        for one in found:
            error = photometric_error(one.warped, one.view)
            keep = one.inside
            if inputs.auto_masked:
                keep = keep & (error < photometric_error(one.other, one.view))
            agreement = 1 - inconsistency(one).detach()
            values.append(mean_over_known(masked_mean(agreement * error, keep), keep))
            first = first or {"auto_mask": keep, "photometric": error.detach(), "agreement": agreement}
        maps = {**first, "warped": found[0].warped.detach()}
        return TermResult(torch.stack(values).mean(), maps)
