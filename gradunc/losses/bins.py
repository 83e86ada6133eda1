"""Bins of depth that lie where the truth is (Bhat et al., AdaBins, CVPR 2021; docs/methods.md F.7)."""

import torch
from torch import Tensor

from gradunc.losses.inputs import TRUTH, LossInputs, Need, TermResult

BINS: frozenset[Need] = frozenset({"bins"})
BEYOND = 1e12
"""Depth [m] that stands for a neighbour that there is not."""


def chamfer(centres: Tensor, depths: Tensor) -> Tensor:
    """Mean squared distance of every centre to the nearest depth, plus that of every depth to the nearest centre: ().

    In one dimension the nearest is one of two neighbours in sorted order: N log N, and no table of all pairs.

    Args:
        centres: (K,) [m], in any order.
        depths: (N,) [m], N > 0.

    >>> chamfer(torch.tensor([1.0, 4.0]), torch.tensor([2.0, 2.0, 5.0])).item()
    2.0
    """
    return to_nearest(centres, depths).square().mean() + to_nearest(depths, centres).square().mean()


def to_nearest(points: Tensor, others: Tensor) -> Tensor:
    """Distance (n,) of points (n,) to the nearest of others (m,).

    >>> to_nearest(torch.tensor([0.0, 3.0]), torch.tensor([5.0, 2.0])).tolist()
    [2.0, 1.0]
    """
    ends = others.new_tensor([-BEYOND, BEYOND])
    ascending = torch.cat([ends[:1], others.sort().values, ends[1:]])
    after = torch.searchsorted(ascending.detach(), points.detach()).clamp(1, len(ascending) - 1)
    below, above = points - ascending[after - 1], ascending[after] - points
    return torch.minimum(below, above)


class BinChamfer:
    """Chamfer distance [m^2] between the centres of an image's bins and its valid depths; averaged over images.

    Weight 0.1 beside `silog`. It does not depend on the scale: bins belong to the image.
    """

    needs: frozenset[Need] = TRUTH | BINS
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value; 0 for a batch without a single valid pixel. Map "bin_distance" [m], NaN without truth.

        Raises:
            InputError: a network without bins.
        """
        truth, keep = inputs.tensor("depth"), inputs.tensor("valid")
        centres = inputs.bin_centres
        found, distance = [], torch.full_like(truth, torch.nan)
        for own, depth, valid, shown in zip(centres, truth, keep, distance, strict=True):
            if valid.any():
                found.append(chamfer(own, depth[valid]))
                shown[valid] = to_nearest(depth[valid], own.detach())
        return TermResult(torch.stack(found).mean() if found else 0.0 * centres.sum(), {"bin_distance": distance})
