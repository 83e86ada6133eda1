"""Gray pictures for registration."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gradunc.data.formats.motion import LONGEST, Gray
from gradunc.data.formats.video import shrunk

LUMA = (0.299, 0.587, 0.114)


def gray(image: Tensor, longest: int = LONGEST) -> Gray:
    """(h,w) in 0..255 of an image (3,H,W) in [0,1], reduced to a longer side, by default that motion is measured on."""
    luma = (image * image.new_tensor(LUMA)[:, None, None]).sum(0)[None, None]
    size = shrunk((image.shape[-2], image.shape[-1]), longest)
    return (interpolate(luma, size, mode="area")[0, 0] * 255).numpy()


def unit_range(image: Tensor) -> Tensor:
    """An image in [0,1], which loading processes deliver as uint8."""
    return image.float() / 255 if image.dtype == torch.uint8 else image
