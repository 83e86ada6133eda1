"""Values of images at places between their pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor


def sample_image(image: Tensor, grid: Tensor) -> Tensor:
    """Values of images at places, bilinear, the border repeated; NaN where a place is NaN.

    PyTorch 2.14 takes a NaN place for one in the image, and its backward pass on a CPU then ends the process.

    Args:
        image: (B,C,H,W).
        grid: (B,h,w,2) x and y; -1 and +1 are the centres of the first and last pixel.

    Returns:
        (B,C,h,w).
    """
    unknown = grid.isnan().any(-1)
    known = torch.where(unknown.unsqueeze(-1), 0.0, grid)
    values = F.grid_sample(image, known, mode="bilinear", padding_mode="border", align_corners=True)
    return torch.where(unknown.unsqueeze(1), torch.nan, values)
