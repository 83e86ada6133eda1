"""The two blocks of Lite-Mono's encoder (Zhang et al., CVPR 2023), written from their structure."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.families.lite_mono.attention import CrossCovarianceAttention, PlaceCode
from gradunc.models.parts.drop_path import DropPath

EXPANSION = 6
GAMMA = 1e-6
"""What the branch of a fresh block is multiplied by: it begins as the identity."""


class DilatedBlock(nn.Module):
    """One of the consecutive dilated convolutions: x + gamma * MLP(BN(depthwise convolution of x)).

    Published files also hold a layer norm of each such block, which their program never uses; it is left out here.

    Args:
        channels: of the map.
        dilation: of the 3x3 depthwise convolution.
        drop_path: see `DropPath`.
    """

    def __init__(self, channels: int, dilation: int, drop_path: float) -> None:
        super().__init__()
        self.ddwconv = nn.ModuleDict(
            {"conv": nn.Conv2d(channels, channels, 3, 1, dilation, dilation, groups=channels, bias=False)}
        )
        self.bn1 = nn.BatchNorm2d(channels)
        self.pwconv1 = nn.Linear(channels, EXPANSION * channels)
        self.pwconv2 = nn.Linear(EXPANSION * channels, channels)
        self.gamma = nn.Parameter(torch.full((channels,), GAMMA))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w)."""
        inside = self.bn1(self.ddwconv["conv"](x)).permute(0, 2, 3, 1)
        inside = self.gamma * self.pwconv2(F.gelu(self.pwconv1(inside)))
        return x + self.drop_path(inside.permute(0, 3, 1, 2))


class InteractionBlock(nn.Module):
    """Local-global features interaction: attention among channels, then an MLP; x + gamma * MLP(LN(attended x)).

    Args:
        channels: of the map.
        drop_path: see `DropPath`.
        place: whether a code of the place is added in front of the attention.
    """

    def __init__(self, channels: int, drop_path: float, *, place: bool) -> None:
        super().__init__()
        self.pos_embd = PlaceCode(channels) if place else None
        self.norm_xca = nn.LayerNorm(channels, eps=1e-6)
        self.gamma_xca = nn.Parameter(torch.full((channels,), GAMMA))
        self.xca = CrossCovarianceAttention(channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1 = nn.Linear(channels, EXPANSION * channels)
        self.pwconv2 = nn.Linear(EXPANSION * channels, channels)
        self.gamma = nn.Parameter(torch.full((channels,), GAMMA))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w)."""
        height, width = x.shape[-2:]
        placed = x if self.pos_embd is None else x + self.pos_embd(height, width)
        tokens = placed.flatten(2).transpose(1, 2)
        tokens = tokens + self.gamma_xca * self.xca(self.norm_xca(tokens))
        tokens = self.gamma * self.pwconv2(F.gelu(self.pwconv1(self.norm(tokens))))
        return x + self.drop_path(tokens.transpose(1, 2).unflatten(2, (height, width)))
