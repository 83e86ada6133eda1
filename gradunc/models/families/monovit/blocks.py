"""What a stage of MPViT consists of (Lee et al., CVPR 2022), written from its structure."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gradunc.models.families.monovit.attention import FactorisedAttention, PlaceByConvolution, RelativePlace
from gradunc.models.parts.drop_path import DropPath

EXPANSION = 4


def conv_norm(
    in_channels: int, out_channels: int, size: int = 1, stride: int = 1, *, act: bool = True
) -> nn.Sequential:
    """Convolution without bias, batch norm and, unless told otherwise, hard swish."""
    conv = nn.Conv2d(in_channels, out_channels, size, stride, size // 2, bias=False)
    parts = OrderedDict[str, nn.Module](conv=conv, bn=nn.BatchNorm2d(out_channels))
    if act:
        parts["act"] = nn.Hardswish()
    return nn.Sequential(parts)


class PatchEmbedding(nn.Module):
    """Overlapping patches of 3x3 places: a depthwise and a 1x1 convolution, batch norm, hard swish.

    Behind one another they see 3, 5 and 7 places: each is where one path begins.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        parts = OrderedDict[str, nn.Module](
            dwconv=nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
            pwconv=nn.Conv2d(channels, channels, 1, bias=False),
            bn=nn.BatchNorm2d(channels),
            act=nn.Hardswish(),
        )
        self.patch_conv = nn.Sequential(parts)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h/stride,w/stride)."""
        return self.patch_conv(x)


class TransformerBlock(nn.Module):
    """Attention and an MLP, each on normalised tokens and added to them; places are encoded in front of both."""

    def __init__(self, channels: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.factoratt_crpe = FactorisedAttention(channels)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        layers = OrderedDict[str, nn.Module](
            fc1=nn.Linear(channels, EXPANSION * channels),
            act=nn.GELU(),
            fc2=nn.Linear(EXPANSION * channels, channels),
        )
        self.mlp = nn.Sequential(layers)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, place: PlaceByConvolution, relative: RelativePlace) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w), with the encodings that the blocks of a path share."""
        size = (x.shape[-2], x.shape[-1])
        tokens = place(x).flatten(2).transpose(1, 2)
        tokens = tokens + self.drop_path(self.factoratt_crpe(self.norm1(tokens), size, relative))
        tokens = tokens + self.drop_path(self.mlp(self.norm2(tokens)))
        return tokens.transpose(1, 2).unflatten(2, size)


class TransformerPath(nn.Module):
    """Transformer blocks that share the two encodings of places."""

    def __init__(self, channels: int, drops: Sequence[float]) -> None:
        super().__init__()
        self.cpe = PlaceByConvolution(channels)
        self.crpe = RelativePlace(channels)
        self.MHCA_layers = nn.ModuleList(TransformerBlock(channels, drop) for drop in drops)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w)."""
        for block in self.MHCA_layers:
            x = block(x, self.cpe, self.crpe)
        return x


class LocalBranch(nn.Module):
    """The path without attention: 1x1, depthwise 3x3 and 1x1 convolutions, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv_norm(channels, channels)
        self.dwconv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.act = nn.Hardswish()
        self.conv2 = conv_norm(channels, channels, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w)."""
        return x + self.conv2(self.act(self.norm(self.dwconv(self.conv1(x)))))


class MultiPathStage(nn.Module):
    """The local branch on the first patches, a transformer path on each, and a 1x1 convolution of all.

    Args:
        channels: of the patches.
        out_channels: of the result.
        paths: how many of them have attention.
        drops: probabilities of the blocks of a path; see `DropPath`.
    """

    def __init__(self, channels: int, out_channels: int, paths: int, drops: Sequence[float]) -> None:
        super().__init__()
        self.mhca_blks = nn.ModuleList(TransformerPath(channels, drops) for _ in range(paths))
        self.InvRes = LocalBranch(channels)
        self.aggregate = conv_norm(channels * (paths + 1), out_channels)

    def forward(self, patches: Sequence[Tensor]) -> Tensor:
        """One map (B,C,h,w) for each path -> (B,C',h,w)."""
        found = [self.InvRes(patches[0])]
        found += [path(one) for path, one in zip(self.mhca_blks, patches, strict=True)]
        return self.aggregate(torch.cat(found, 1))
