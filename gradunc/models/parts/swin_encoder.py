"""A Swin transformer of timm as an encoder whose numbers are those of the original program."""

from typing import Any

from torch import Tensor, nn

from gradunc.errors import InputError, nearest
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.quick_timm import timm
from gradunc.models.parts.timm_encoder import created, load_encoder_weights
from gradunc.models.parts.windows import WindowGrid


class SwinEncoder(nn.Module):
    """A timm Swin transformer whose four stages give one normalised map each, at 1/4, 1/8, 1/16 and 1/32.

    Parts and weights are timm's. Windows are cut as in the original program (`WindowGrid`) and never shrink to small
    maps, because published depth networks were trained that way; timm's own differ at sizes that are no multiple of a
    window.

    Args:
        name: timm model name, of a Swin transformer (not of its second version).
        pretrained: where the first weights come from; those of the four norms are always fresh.

    Raises:
        InputError: no such transformer, or weights that cannot be had.
    """

    multiple = 32

    def __init__(self, name: str, pretrained: Pretrained) -> None:
        super().__init__()
        self.backbone: Any = _transformer(name, pretrained)
        # The classifier's norm would get no gradient: every stage has one of its own.
        self.backbone.norm = nn.Identity()
        self.channels = tuple(info["num_chs"] for info in self.backbone.feature_info)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in self.channels)
        config = timm.get_pretrained_cfg(name)
        self.mean = tuple(config.mean) if config else (0.485, 0.456, 0.406)
        self.std = tuple(config.std) if config else (0.229, 0.224, 0.225)

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,3,H,W), H and W multiples of 32 -> maps (B,C,h,w), finest first."""
        x = self.backbone.patch_embed(image)
        maps: list[Tensor | None] = []
        for stage, norm in zip(self.backbone.layers, self.norms, strict=True):
            x = stage.downsample(x)
            for block in stage.blocks:
                x = _block(block, x)
            maps.append(norm(x).permute(0, 3, 1, 2))
        return maps


def _block(block: Any, x: Tensor) -> Tensor:
    """A block of timm on a map (B,h,w,C), with the original windows."""
    grid = WindowGrid((x.shape[1], x.shape[2]), block.window_size[0], block.shift_size[0])
    windows = grid.split(block.norm1(x))
    x = x + block.drop_path1(grid.join(block.attn(windows, mask=grid.mask(windows))))
    return x + block.drop_path2(block.mlp(block.norm2(x)))


def _transformer(name: str, pretrained: Pretrained) -> nn.Module:
    try:
        # With `always_partition` windows keep their size on maps that are smaller.
        backbone = created(name, pretrained, num_classes=0, always_partition=True, strict_img_size=False)
    except TypeError:
        backbone = None
    if not isinstance(backbone, timm.models.swin_transformer.SwinTransformer):
        near = ", ".join(nearest(name, timm.list_models("swin_*"), 3)) or "swin_tiny_patch4_window7_224, for example"
        raise InputError(f"model.transformer={name} is no Swin transformer of the first version; take {near}")
    if pretrained.file is not None:
        load_encoder_weights(backbone, pretrained.file)
    return backbone
