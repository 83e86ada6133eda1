"""Stochastic depth: residual branches that are left out at random while training."""

import torch
from torch import Tensor, nn


class DropPath(nn.Module):
    """Leaves a residual branch out for some images of a batch while training (Huang et al., ECCV 2016).

    What is kept is divided by the probability of being kept, so that the mean stays. In eval mode nothing happens.

    Args:
        p: probability that the branch of an image is left out, at least 0 and below 1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """(B,...) -> the same shape."""
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.ndim - 1), device=x.device) >= self.p
        return x * kept / (1 - self.p)


def growing(p: float, count: int) -> list[float]:
    """Probabilities of `count` blocks one after another, from 0 at the first to `p` at the last.

    >>> growing(0.2, 3)
    [0.0, 0.1, 0.2]
    """
    return [p * i / max(count - 1, 1) for i in range(count)]
