"""Depth as another quantity, and back."""

import torch
from torch import Tensor

SMALLEST = 1e-6
"""Depth below this counts as this: zero and negative depth have neither an inverse nor a logarithm."""


def of_depth(depth: Tensor, quantity: str) -> Tensor:
    """Depth, any shape, as depth, disparity (1 / depth) or log_depth (natural logarithm).

    >>> import torch
    >>> of_depth(torch.tensor([1.0, 4.0]), "disparity").tolist()
    [1.0, 0.25]
    """
    if quantity == "depth":
        return depth
    positive = depth.clamp_min(SMALLEST)
    return 1 / positive if quantity == "disparity" else torch.log(positive)
