"""MPViT (Lee et al., CVPR 2022) as MonoViT's encoder, with maps at all five strides."""

from collections.abc import Sequence
from itertools import islice

from torch import Tensor, nn

from gradunc.models.families.monovit.blocks import MultiPathStage, PatchEmbedding, conv_norm
from gradunc.models.parts.drop_path import growing


class MPViTEncoder(nn.Module):
    """A stem at 1/2, then four stages, each of which begins with patches at half the resolution.

    The image is not normalised.

    Args:
        channels: of the four stages.
        layers: transformer blocks of each path of a stage.
        paths: paths with attention of each stage.
        drop_path: probability at the deepest block, from 0 at the first.
    """

    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    multiple = 32

    def __init__(
        self, channels: Sequence[int], layers: Sequence[int], paths: Sequence[int], drop_path: float = 0.0
    ) -> None:
        super().__init__()
        outputs = [*channels[1:], channels[-1]]
        self.channels = (channels[0], *outputs)
        """Of the maps at 1/2, ... 1/32."""
        self.stem = nn.Sequential(
            conv_norm(3, channels[0] // 2, 3, stride=2), conv_norm(channels[0] // 2, channels[0], 3)
        )
        self.patch_embed_stages = nn.ModuleList(
            _Patches(width, count) for width, count in zip(channels, paths, strict=True)
        )
        drops = iter(growing(drop_path, sum(layers)))
        self.mhca_stages = nn.ModuleList(
            MultiPathStage(width, output, count, list(islice(drops, depth)))
            for width, output, count, depth in zip(channels, outputs, paths, layers, strict=True)
        )

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Image (B,3,H,W), H and W multiples of 32 -> maps at 1/2, 1/4, ... 1/32."""
        x = self.stem(image)
        found: list[Tensor | None] = [x]
        for patches, stage in zip(self.patch_embed_stages, self.mhca_stages, strict=True):
            x = stage(patches(x))
            found.append(x)
        return found


class _Patches(nn.Module):
    """One patch embedding behind another: the inputs of the paths."""

    def __init__(self, channels: int, paths: int) -> None:
        super().__init__()
        self.patch_embeds = nn.ModuleList(PatchEmbedding(channels, 1 if i else 2) for i in range(paths))

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B,C,h,w) -> a map (B,C,h/2,w/2) for each path."""
        found = []
        for embedding in self.patch_embeds:
            x = embedding(x)
            found.append(x)
        return found
