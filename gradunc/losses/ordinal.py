"""Learning from pairs of points of which people have said which is nearer.

Chen, Fu, Yang & Deng, "Single-Image Depth Perception in the Wild", NeurIPS 2016, equation 1 (docs/methods.md F.6).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.losses.inputs import LossInputs, Need, TermResult


def ranking(first: Tensor, second: Tensor, order: Tensor) -> Tensor:
    """log(1 + exp(-r (v1 - v2))) of a pair with r = 1 or -1, (v1 - v2)^2 of one with r = 0; tensors of one shape.

    Args:
        first: disparity v1 of the first point.
        second: disparity v2 of the second point.
        order: r: 1 = the first is nearer, -1 = further, 0 = equally far.

    >>> ranking(torch.tensor([2.0, 3.0]), torch.tensor([2.0, 1.0]), torch.tensor([1.0, 0.0])).tolist()
    [0.6931471824645996, 4.0]
    """
    difference = first - second
    return torch.where(order == 0, difference.square(), F.softplus(-order * difference))


def disparity_at(disparity: Tensor, points: Tensor) -> Tensor:
    """Disparity (B,1,h,w) of the pixel nearest to each of the points (B,P,2), x and y in pixels: (B,P)."""
    h, w = disparity.shape[-2:]
    x, y = points[..., 0].round().long().clamp(0, w - 1), points[..., 1].round().long().clamp(0, h - 1)
    return disparity.flatten(1).gather(1, y * w + x)


class Ordinal:
    """Ranking loss of the disparities of pairs, mean over the pairs of an image, then over images with pairs.

    It is the network's disparity as it is: where losses leave the factor open, a larger one makes it smaller.
    """

    needs: frozenset[Need] = frozenset({"ordinal", "positive_depth"})
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single pair."""
        pairs, image = inputs.tensor("ordinal"), inputs.tensor("image")
        known = pairs[..., 4].isfinite()
        pairs = torch.where(known[..., None], pairs, 0.0)
        disparity = inputs.disparity(scale, (image.shape[-2], image.shape[-1]))
        first, second = disparity_at(disparity, pairs[..., :2]), disparity_at(disparity, pairs[..., 2:4])
        costs = torch.where(known, ranking(first, second, pairs[..., 4]), 0.0).sum(1) / known.sum(1).clamp_min(1)
        return TermResult(costs.sum() / known.any(1).sum().clamp_min(1))
