"""Ternary census: how alike two images are in their local order of brightness, whatever their exposure.

Stein 2004; the soft form of Meister et al., UnFlow, AAAI 2018 (docs/methods.md F.8).
"""

import torch.nn.functional as F
from torch import Tensor

SIDE = 7
"""Of the neighbourhood that a pixel is compared with."""
GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue."""
SOFTNESS = 0.81
"""Of the sign of a difference of grey values of 0 to 255."""
HALF = 0.1
"""Squared difference of two such signs that counts as half of a contradiction."""


def census_error(a: Tensor, b: Tensor) -> Tensor:
    """Share of the 48 neighbours whose order to the pixel differs, softly: images (B,3,H,W) twice -> (B,1,H,W).

    With t = g / sqrt(0.81 + g^2), g the neighbour's grey value minus the pixel's, a neighbour counts as
    x / (0.1 + x), x the squared difference of both t. The border is repeated.
    """
    squares = (_soft_signs(a) - _soft_signs(b)).square()
    shares = (squares / (HALF + squares)).sum(1, keepdim=True) / (SIDE**2 - 1)
    return shares.unflatten(2, (a.shape[-2], a.shape[-1]))


def _soft_signs(image: Tensor) -> Tensor:
    """(B,3,H,W) in [0,1] -> (B,49,H*W) in (-1,1)."""
    grey = 255 * (image * image.new_tensor(GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)
    reach = SIDE // 2
    around = F.unfold(F.pad(grey, (reach, reach, reach, reach), mode="replicate"), SIDE)
    difference = around - grey.flatten(2)
    return difference * (SOFTNESS + difference.square()).rsqrt()
