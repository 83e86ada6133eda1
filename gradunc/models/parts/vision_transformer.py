"""A plain vision transformer of timm as an encoder: the tokens of chosen blocks as maps."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError, nearest
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.quick_timm import timm
from gradunc.models.parts.timm_encoder import created, load_encoder_weights
from gradunc.types import Size

OFFSET = 0.1
"""What DINOv2 adds to the number of patches before it divides, so that rounding never loses one."""


class VisionTransformerEncoder(nn.Module):
    """A timm vision transformer whose chosen blocks give one map each, all at the patch's stride.

    A subclass for transformers of another kind overrides `KIND`, `suits` and `states`.

    Args:
        name: timm model name, of a transformer with a class token and absolute position embeddings.
        pretrained: where the first weights come from.
        taps: indices of the blocks, shallow to deep.
        positions: how position embeddings come to another number of patches, a key of `POSITIONS`.
        norm: whether the final layer normalisation is applied to every tap; otherwise the transformer has none.
        readout: whether every map carries the class token behind its own channels (2C instead of C).
        multiple: of image sides; default: the patch.

    Raises:
        InputError: no such transformer, taps that it does not have, or weights that cannot be had.
    """

    KIND: ClassVar[tuple[str, str]] = ("plain vision transformer with a class token and position embeddings", "vit_*")
    """What it takes, for messages, and a pattern of timm's names for that."""

    def __init__(
        self,
        name: str,
        pretrained: Pretrained,
        taps: Sequence[int],
        *,
        positions: str = "original",
        norm: bool = True,
        readout: bool = False,
        multiple: int | None = None,
    ) -> None:
        super().__init__()
        self.backbone: Any = self._transformer(name, pretrained)
        blocks = len(self.backbone.blocks)
        self.taps = tuple(taps)
        if (
            not self.taps
            or list(self.taps) != sorted(set(self.taps))
            or not 0 <= self.taps[0] <= self.taps[-1] < blocks
        ):
            raise InputError(f"model.taps={list(taps)} must be rising indices of the {blocks} blocks of {name}, from 0")
        # Blocks behind the last tap would get no gradient.
        self.backbone.blocks = self.backbone.blocks[: self.taps[-1] + 1]
        if not norm:
            self.backbone.norm = nn.Identity()
        self.positions, self.readout = positions, readout
        self.patch = int(self.backbone.patch_embed.patch_size[0])
        self.multiple = multiple or self.patch
        width = int(self.backbone.embed_dim)
        self.channels = (width * (2 if readout else 1),) * len(self.taps)
        config = timm.get_pretrained_cfg(name)
        self.mean = tuple(config.mean) if config else (0.485, 0.456, 0.406)
        self.std = tuple(config.std) if config else (0.229, 0.224, 0.225)

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,3,H,W), H and W multiples of the patch p -> maps (B,C,H/p,W/p), one per tap."""
        return self.of_patches(self.backbone.patch_embed.proj(image))

    def of_patches(self, patches: Tensor) -> list[Tensor | None]:
        """Embedded patches (B,C,h,w) -> maps (B,C,h,w), one per tap."""
        backbone = self.backbone
        grid = (patches.shape[-2], patches.shape[-1])
        tokens = torch.cat([backbone.cls_token.expand(len(patches), -1, -1), patches.flatten(2).transpose(1, 2)], 1)
        states = enumerate(self.states(tokens, grid))
        return [self._map(backbone.norm(state), grid) for index, state in states if index in self.taps]

    def states(self, tokens: Tensor, grid: Size) -> Iterator[Tensor]:
        """Class token and embedded patches (B,1+h*w,C) of a grid (h,w) -> tokens (B,1+h*w,C) behind every block."""
        tokens = self.backbone.norm_pre(tokens + positions_for(self.backbone.pos_embed, grid, self.positions))
        for block in self.backbone.blocks:
            tokens = block(tokens)
            yield tokens

    @staticmethod
    def suits(backbone: Any) -> bool:
        """Whether a model of timm has the parts of such a transformer."""
        plain = all(hasattr(backbone, part) for part in ("patch_embed", "cls_token", "pos_embed", "blocks", "norm"))
        return (
            plain and backbone.pos_embed is not None and backbone.num_prefix_tokens == 1 and not backbone.no_embed_class
        )

    def _transformer(self, name: str, pretrained: Pretrained) -> nn.Module:
        backbone = created(name, pretrained, num_classes=0)
        if not self.suits(backbone):
            near = ", ".join(nearest(name, timm.list_models(self.KIND[1]), 3))
            raise InputError(f"model.transformer={name} is no {self.KIND[0]}; nearest: {near}")
        if pretrained.file is not None:
            load_encoder_weights(backbone, pretrained.file)
        return backbone

    def _map(self, tokens: Tensor, grid: Size) -> Tensor:
        """Class token and patch tokens (B,1+N,C) -> (B,C,h,w), or (B,2C,h,w) with the class token everywhere."""
        of_class, of_patches = tokens[:, :1], tokens[:, 1:]
        if self.readout:
            of_patches = torch.cat([of_patches, of_class.expand_as(of_patches)], -1)
        return of_patches.transpose(1, 2).unflatten(2, grid)


def _original(grid: Tensor, size: Size) -> Tensor:
    """Of DINOv2 and Depth Anything: bicubic by a factor, which is the number of patches plus 0.1, over the old one."""
    factors = ((size[0] + OFFSET) / grid.shape[-2], (size[1] + OFFSET) / grid.shape[-1])
    return F.interpolate(grid, scale_factor=factors, mode="bicubic")


def _transformers(grid: Tensor, size: Size) -> Tensor:
    """Of Hugging Face transformers for DINOv2: bicubic to a size."""
    return F.interpolate(grid, size, mode="bicubic")


def _timm(grid: Tensor, size: Size) -> Tensor:
    """Of timm: bicubic to a size, smoothed where it shrinks."""
    return F.interpolate(grid, size, mode="bicubic", antialias=True)


def _bilinear(grid: Tensor, size: Size) -> Tensor:
    """Of DPT and MiDaS: bilinear to a size."""
    return F.interpolate(grid, size, mode="bilinear")


POSITIONS: dict[str, Callable[[Tensor, Size], Tensor]] = {
    "original": _original,
    "transformers": _transformers,
    "timm": _timm,
    "bilinear": _bilinear,
}
"""How position embeddings (1,C,n,n) are interpolated to another grid. Away from the size of the training the ways
differ by a sixth to a half of the spread of the depth (docs/networks.md)."""


def positions_for(embedding: Tensor, size: Size, way: str) -> Tensor:
    """Position embeddings of a class token and a square of patches, (1,1+n*n,C), for another grid: (1,1+h*w,C)."""
    side = round((embedding.shape[1] - 1) ** 0.5)
    if size == (side, side):
        return embedding
    grid = embedding[:, 1:].transpose(1, 2).unflatten(2, (side, side))
    # Bicubic resampling in half precision shifts the embeddings.
    resized = POSITIONS[way](grid.float(), size).to(embedding.dtype)
    return torch.cat([embedding[:, :1], resized.flatten(2).transpose(1, 2)], 1)
