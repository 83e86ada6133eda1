"""What stands behind the last convolution, linearised at one pass: pointwise maps and at most a resize."""

import torch
from torch import Tensor

from gradunc.errors import InputError

LATTICE, REACH = 8, 2
"""Cells between those that `is_local` changes, and how many cells away from one a pixel may change."""


class Tail:
    """The derivative J of the values (B,1,H,W) with respect to the logit (B,1,h,w), as a linear map.

    A resize is part of it: what is pushed through are the features, and never their variances.

    Args:
        logit: (B,1,h,w) leaf of the graph.
        value: (B,1,H,W) computed from it.

    Raises:
        InputError: it is not.
    """

    def __init__(self, logit: Tensor, value: Tensor) -> None:
        self._logit = logit
        with torch.enable_grad():
            # J' c is linear in c, so that its derivative in the direction of a tangent is J applied to it.
            self._cotangent = torch.zeros_like(value, requires_grad=True)
            (pulled,) = torch.autograd.grad(value, logit, self._cotangent, create_graph=True, allow_unused=True)
        if pulled is None:
            raise InputError("the depth does not depend on the chosen layer; name the last convolution with layer=")
        self._pulled = pulled
        self.slope = self.push(torch.ones_like(logit))
        """(B,1,H,W) derivative of every value with respect to a logit that grows everywhere."""
        self.is_pointwise = self._is_pointwise()
        """Whether every value depends on the logit of its own pixel alone."""

    def push(self, tangent: Tensor) -> Tensor:
        """J applied to a change of the logit, (B,1,h,w) -> (B,1,H,W)."""
        tangent = tangent.to(self._logit.dtype)
        if not self._pulled.requires_grad:  # nothing depends on the logit
            return torch.zeros_like(self._cotangent)
        (found,) = torch.autograd.grad(self._pulled, self._cotangent, tangent, retain_graph=True)
        return found.detach()

    def carry(self, maps: Tensor) -> Tensor:
        """J applied to each of several changes of the logit, (B,K,h,w) -> (B,K,H,W)."""
        if self.is_pointwise:
            rows, columns = self.slope.shape[-2:]
            return maps[..., :rows, :columns] * self.slope
        return torch.cat([self.push(one) for one in maps.split(1, 1)], 1)

    def is_local(self) -> bool:
        """Whether a change of one cell of the logit stays near it, as behind a resize and pointwise maps.

        Some cells far from one another are changed; each may change the pixels of `REACH` cells on either side.
        """
        counts, pixels = self._logit.shape[-2:], self.slope.shape[-2:]
        cells = [torch.arange(count) % LATTICE == LATTICE // 2 for count in counts]
        lattice = (cells[0][:, None] & cells[1]).to(self._logit)
        most = [
            int(chosen.sum()) * 2 * REACH * max(1.0, pixels[axis] / counts[axis]) for axis, chosen in enumerate(cells)
        ]
        changed = (self.push(lattice.expand_as(self._logit)) != 0).flatten(1).sum(1)
        return bool((changed <= most[0] * most[1]).all())

    def _is_pointwise(self) -> bool:
        rows, columns = self.slope.shape[-2:]
        if self._logit.shape[-2] < rows or self._logit.shape[-1] < columns:
            return False
        probe = torch.rand(self._logit.shape[1:], generator=torch.Generator().manual_seed(0)).to(self._logit)
        wanted = self.slope * probe[..., :rows, :columns].to(self.slope)
        return torch.allclose(self.push(probe.expand_as(self._logit)), wanted, rtol=1e-3, atol=0.0)
