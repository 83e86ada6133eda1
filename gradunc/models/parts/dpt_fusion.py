"""The fusion of two maps in the decoder of dense prediction transformers and of MiDaS 2.1."""

import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.types import Size


class ResidualUnit(nn.Module):
    """x + convolution(ReLU(convolution(ReLU(x)))), 3x3.

    Args:
        features: channels.
        plain: add ReLU(x) instead of x; programs whose first ReLU works in place do that.
    """

    def __init__(self, features: int, *, plain: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)
        self.activation = nn.ReLU()
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w)."""
        above = self.activation(x)
        return (above if self.plain else x) + self.conv2(self.activation(self.conv1(above)))


class Fusion(nn.Module):
    """Adds a finer map to what comes from below, refines both, and upsamples.

    Args:
        features: channels.
        out: channels of the result.
        skip: whether there is a map to add; the deepest has none.
        plain: as `Form.plain`; then `out` must be `features`.
    """

    def __init__(self, features: int, out: int, *, skip: bool, plain: bool = False) -> None:
        super().__init__()
        self.skip_unit = ResidualUnit(features, plain=plain) if skip else None
        self.unit = ResidualUnit(features, plain=plain)
        self.out = nn.Identity() if plain else nn.Conv2d(features, out, 1)

    def forward(self, x: Tensor, skip: Tensor | None, size: Size) -> Tensor:
        """(B,C,h,w) -> (B,out,*size)."""
        if self.skip_unit is not None and skip is not None:
            x = x + self.skip_unit(skip)
        return self.out(upsampled(self.unit(x), size))


def upsampled(x: Tensor, size: Size, *, corners: bool = True) -> Tensor:
    """Bilinear; with the corners kept, as every version of this decoder does it between its maps."""
    return F.interpolate(x, size, mode="bilinear", align_corners=corners)
