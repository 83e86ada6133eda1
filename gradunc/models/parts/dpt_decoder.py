"""The decoder of dense prediction transformers (Ranftl et al., ICCV 2021), as DPT, MiDaS and Depth Anything have it."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models.parts.blocks import Logits
from gradunc.models.parts.dpt_fusion import Fusion, upsampled
from gradunc.types import Size

LAST = 32
"""Channels in front of the last convolution."""
LEVELS = 4


class Reassembly(NamedTuple):
    """How the maps of the encoder, all at one stride, become a pyramid."""

    channels: tuple[int, ...]
    """Of each map after its 1x1 convolution, shallow to deep."""
    readout: bool = False
    """The maps carry the class token behind their own channels, and a linear layer with GELU joins both."""
    pyramid: int = 0
    """How many of the first maps are at their resolution already, and keep their channels."""


class Form(NamedTuple):
    """What differs between versions of the decoder; the defaults are those of DPT."""

    growth: int = 1
    """Width of a map over that of the next finer one."""
    plain: bool = False
    """Fusions end without a 1x1 convolution, and what passes a residual unit goes through its first ReLU, too."""
    corners: bool = True
    """Whether the upsampling to the size of the image keeps the corners."""


OF_DPT = Form()


class DPTDecoder(nn.Module):
    """Four maps -> one map of logits at the size of the image, padded.

    `reassemble` brings map i to 1/4, 1/2, 1, 2 times the patch's stride; `inputs` to one width; `fusions.0` (deepest)
    to `fusions.3` add and upsample; `output1` works at 8/p of the image's size, `output2` and `heads.0` at all of it.

    Args:
        encoder_channels: of the four maps, shallow to deep.
        stride: pixels of the image along a cell of the deepest map.
        features: width of the decoder, at its finest map.
        reassembly: None: the maps are a pyramid already, at 1/4, 1/8, 1/16 and 1/32.
        uncertainty_channels: outputs of a second last convolution; 0 = there is none.
        form: which version it is.

    Raises:
        InputError: not four maps, or a width that cannot be halved.
    """

    def __init__(
        self,
        encoder_channels: Sequence[int],
        stride: int,
        features: int,
        reassembly: Reassembly | None,
        uncertainty_channels: int = 0,
        form: Form = OF_DPT,
    ) -> None:
        super().__init__()
        if len(encoder_channels) != LEVELS:
            raise InputError(f"model.taps must name four blocks, not {len(encoder_channels)}")
        if features % 2:
            raise InputError(f"model.features={features} must be even")
        self.stride, self.form = stride, form
        if reassembly is None:
            self.reassemble = nn.ModuleList(nn.Identity() for _ in encoder_channels)
            widths = tuple(encoder_channels)
        else:
            self.reassemble = reassembled(encoder_channels, reassembly)
            widths = reassembly.channels
        # Of the four maps, fine to coarse; a fusion hands on the width of the next finer one.
        own = [features * form.growth**level for level in range(LEVELS)]
        self.inputs = nn.ModuleList(
            nn.Conv2d(given, width, 3, padding=1, bias=False) for given, width in zip(widths, own, strict=True)
        )
        self.fusions = nn.ModuleList(
            Fusion(own[level], own[max(0, level - 1)], skip=level < LEVELS - 1, plain=form.plain)
            for level in reversed(range(LEVELS))
        )
        self.output1 = nn.Conv2d(features, features // 2, 3, padding=1)
        self.output2 = nn.Conv2d(features // 2, LAST, 3, padding=1)
        self.activation = nn.ReLU()
        self.heads = nn.ModuleList([nn.Conv2d(LAST, 1, 1)])
        told = [nn.Conv2d(LAST, uncertainty_channels, 1)] if uncertainty_channels else []
        self.uncertainty_heads = nn.ModuleList(told)

    def forward(self, features: Sequence[Tensor], scales: int = 1) -> Logits:
        """Maps of a grid (B,C,h,w) -> logits (B,1,p*h,p*w); there is one scale, whatever is asked for."""
        pyramid = [one(part(x)) for one, part, x in zip(self.inputs, self.reassemble, features, strict=True)]
        x = pyramid[-1]
        for index, fusion in enumerate(self.fusions):
            finer = pyramid[LEVELS - 2 - index] if index < LEVELS - 1 else None
            size = (2 * x.shape[-2], 2 * x.shape[-1]) if finer is None else (finer.shape[-2], finer.shape[-1])
            x = fusion(x, pyramid[LEVELS - 1 - index] if index else None, size)
        x = upsampled(self.output1(x), self._size(features), corners=self.form.corners)
        x = self.activation(self.output2(x))
        return Logits((self.heads[0](x),), tuple(head(x) for head in self.uncertainty_heads))

    def _size(self, features: Sequence[Tensor]) -> Size:
        """Height and width of the padded image [px]."""
        deepest = features[-1]
        return self.stride * deepest.shape[-2], self.stride * deepest.shape[-1]


def reassembled(encoder_channels: Sequence[int], reassembly: Reassembly) -> nn.ModuleList:
    """Maps at one stride -> 4, 2, 1 and 1/2 times their resolution."""
    shallow, second, _, deep = reassembly.channels
    resizes = (
        nn.ConvTranspose2d(shallow, shallow, 4, stride=4),
        nn.ConvTranspose2d(second, second, 2, stride=2),
        nn.Identity(),
        nn.Conv2d(deep, deep, 3, stride=2, padding=1),
    )
    parts: list[nn.Module] = []
    for index, (given, width, resize) in enumerate(zip(encoder_channels, reassembly.channels, resizes, strict=True)):
        own = given // 2 if reassembly.readout else given
        # Two places in either case, so that the parts behind them have the same names.
        join = [nn.Conv2d(given, own, 1), nn.GELU()] if reassembly.readout else [nn.Identity(), nn.Identity()]
        ready = index < reassembly.pyramid
        parts.append(nn.Identity() if ready else nn.Sequential(*join, nn.Conv2d(own, width, 1), resize))
    return nn.ModuleList(parts)
