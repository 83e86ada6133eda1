"""Stereo by both views: each is made of the other, and their disparities agree (docs/methods.md F.9).

Garg et al., ECCV 2016 (view synthesis); Godard, Mac Aodha & Brostow, CVPR 2017 (left-right consistency).
"""

import torch
from torch import Tensor

from gradunc.losses.both_views import BOTH, Direction, directions
from gradunc.losses.inputs import LossInputs, Need, TermResult
from gradunc.ops.masked import masked_mean, mean_over_known
from gradunc.ops.similarity import photometric_error


class Appearance:
    """Photometric error of all pixels of both views, without auto-mask and without a minimum over sources."""

    needs = BOTH
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Mean over pixels, images and directions; maps of the target: every pixel is used."""
        found = directions(inputs, scale)
        errors = [photometric_error(one.warped, one.view) for one in found]
        maps = {
            "auto_mask": torch.ones_like(found[0].inside),
            "photometric": errors[0].detach(),
            "warped": found[0].warped.detach(),
        }
        return TermResult(torch.stack([error.mean() for error in errors]).mean(), maps)


class LeftRight:
    """|disparity of a view - disparity of the other where the pixel lies in it|, in widths of the image.

    Over the pixels that lie inside the other view, then over images and directions. Of two cameras side by side
    alone: a motion along the view changes the disparity of what is seen.
    """

    needs: frozenset[Need] = BOTH | frozenset[Need]({"known_motion"})
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale."""
        focal = inputs.tensor("intrinsics")[:, 0, 0].view(-1, 1, 1, 1)
        values = [left_right(one, focal) for one in directions(inputs, scale)]
        return TermResult(torch.stack(values).mean())


def left_right(one: Direction, focal: Tensor) -> Tensor:
    """The loss of one direction: ().

    Args:
        one: the direction.
        focal: (B,1,1,1) horizontal focal length [px].
    """
    widths = focal * one.baseline / one.depth.shape[-1]
    difference = (widths / one.depth - widths / one.depth_found).abs()
    return mean_over_known(masked_mean(difference, one.inside), one.inside)
