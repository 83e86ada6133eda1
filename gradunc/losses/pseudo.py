"""What is special about images whose truth a teacher has said: pasted regions, and pixels that are left out.

Depth Anything: Yang et al., CVPR 2024 (V1) and NeurIPS 2024 (V2), docs/methods.md F.12.
"""

import torch
from torch import Tensor

from gradunc.types import Sample


def with_pasted(sample: Sample, truth: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    """Truth of the images, and after it that of their pasted regions as images of their own: (2B,1,H,W) each.

    Factor and shift are then found for each region by itself. Without pasted regions, what was given.
    """
    if "pasted" not in sample or "pasted_valid" not in sample:
        return truth, keep
    return torch.cat([truth, sample["pasted"]]), torch.cat([keep, sample["pasted_valid"]])


def region_weights(sample: Sample) -> Tensor | None:
    """How much each image of `with_pasted` counts: its share of the area, (2B,); None = all alike."""
    share = sample.get("pasted_share")
    return None if share is None else torch.cat([1 - share, share])


def without_largest(residual: Tensor, keep: Tensor, share: float, chosen: Tensor) -> Tensor:
    """What is kept, less the largest residuals of the chosen images: of M pixels floor(share M) do not count.

    Args:
        residual: (B,1,H,W).
        keep: (B,1,H,W) bool.
        share: of the pixels of an image that is left out.
        chosen: (B,) bool, the images of which.

    >>> values = torch.tensor([[1.0, -9.0, 3.0, 4.0]]).view(1, 1, 1, 4)
    >>> without_largest(values, values != 4, 0.34, torch.tensor([True])).flatten().tolist()
    [True, False, True, False]
    """
    size = torch.where(keep, residual.detach().abs(), -1.0).flatten(1)
    order = size.argsort(1, descending=True)
    places = torch.arange(order.shape[1], device=order.device).expand_as(order)
    rank = torch.empty_like(order).scatter_(1, order, places)
    count = (keep.flatten(1).sum(1, keepdim=True) * share).long()
    return keep & ~((rank < count) & chosen[:, None]).view_as(keep)
