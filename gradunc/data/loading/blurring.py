"""Gaussian blur of what the networks see, of a width of its own for every sample."""

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from gradunc.types import Sample

NARROWEST, WIDEST = 0.1, 2.0
"""Standard deviation [px], as in the augmentation of SimCLR."""
RADIUS = 6
"""Three standard deviations of the widest."""


def blurred(batch: Sample, chosen: Tensor, draws: Tensor) -> Sample:
    """A batch whose `augmented_image` and `augmented_sources` are blurred where `chosen`, (B,) bool.

    Args:
        batch: with the augmented keys.
        chosen: on the CPU.
        draws: (B,) uniform in [0,1), of the width.
    """
    result = cast("dict[str, Any]", dict(batch))
    rows = chosen.nonzero().flatten().to(batch["image"].device)
    if not len(rows):
        return batch
    widths = NARROWEST + (WIDEST - NARROWEST) * draws[chosen]
    for key in ("augmented_image", "augmented_sources"):
        if key in result:
            views = result[key][rows]
            result[key] = result[key].index_copy(0, rows, blur_views(views.flatten(1, -3), widths).view_as(views))
    return cast(Sample, result)


def blur_views(views: Tensor, widths: Tensor) -> Tensor:
    """Views (n,C,h,w) under Gaussians of `widths` (n,) [px], whose values beyond the border repeat it."""
    places = torch.arange(-RADIUS, RADIUS + 1, dtype=views.dtype)
    kernels = torch.exp(-0.5 * (places / widths[:, None]).square())
    kernels = (kernels / kernels.sum(1, keepdim=True)).to(views)
    channels = views.shape[1]
    each = kernels.repeat_interleave(channels, 0)[:, None]
    flat = views.reshape(1, -1, *views.shape[-2:])
    for shape, border in ((each[..., None], (0, 0, RADIUS, RADIUS)), (each[:, :, None], (RADIUS, RADIUS, 0, 0))):
        flat = conv2d(pad(flat, border, mode="replicate"), shape, groups=flat.shape[1])
    return flat.view_as(views)
