"""Sorting without a promise about equal values: many times faster than `torch.sort` on a CPU.

NumPy sorts with the processor's vector instructions there; torch does not, and always keeps the order of equal values.
"""

import numpy as np
import torch
from torch import Tensor


def ascending(values: Tensor) -> Tensor:
    """The values (n,) in ascending order, without graph."""
    if values.device.type != "cpu":
        return values.detach().sort().values
    return torch.from_numpy(np.sort(values.double().numpy(force=True))).to(values.dtype)


def ranks(values: Tensor) -> Tensor:
    """How many values are smaller plus how many are not larger: twice the average rank, less 1.

    Args:
        values: (n,), no NaN.

    Returns:
        (n,) int64 from 1 to 2n - 1: integers, so that equal values stay equal.

    >>> ranks(torch.tensor([0.3, 0.1, 0.3, 7.0])).tolist()
    [4, 1, 4, 7]
    """
    order = _order(values)
    _, groups, counts = torch.unique_consecutive(values.detach()[order], return_inverse=True, return_counts=True)
    found = torch.empty_like(order)
    found[order] = (2 * counts.cumsum(0) - counts)[groups]
    return found


def _order(values: Tensor) -> Tensor:
    """As double: NumPy has no bfloat16."""
    if values.device.type != "cpu":
        return values.argsort()
    return torch.from_numpy(np.argsort(values.double().numpy(force=True)))
