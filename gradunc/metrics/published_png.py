"""The 16-bit PNG files through which the published uncertainty tables of KITTI went (Poggi et al. 2020).

Their programs wrote disparity and uncertainty at the network's resolution and evaluated what they read back
(docs/methods.md G.8). Steps of 5.4e-5 in disparity, truncation that makes depth too large, uncertainties in 65536
levels, and both wrapping around at their ends, are part of those figures. Nothing is written here.
"""

import torch
from torch import Tensor

from gradunc.ops.alignment import median
from gradunc.ops.disparity import resize
from gradunc.types import OutputSpace

FOCAL = 0.58
"""Focal length as share of the image's width, the same for all of KITTI."""

LEVELS = 65536
"""Of a 16-bit file."""

MAX_UNCERTAINTY = 65535
"""What an uncertainty of 1 is written as."""

SPACE = OutputSpace("disparity", "metric")
"""What is read back: 1/m, or 5.4/m with the alignment "stereo"."""


def write_disparity(disparity: Tensor, width: int, ratio: float | Tensor = 1.0) -> Tensor:
    """The 16-bit numbers of a disparity map: truncated, and modulo 65536 as a cast to uint16 does it.

    Args:
        disparity: any shape, 1/depth in the network's unit; <= 0 and not finite become 0, which is infinitely far.
        width: of the true depth map [px].
        ratio: metres for one unit of depth.

    Returns:
        int64 of the same shape, disparity * 0.58 width / ratio in 256/10 of a pixel.

    >>> write_disparity(torch.tensor([1 / 80, 3.5537, 3.5538]), 1242).tolist()  # 80 m; just before and after the wrap
    [230, 65534, 0]
    """
    # float32 and this order of operations, as published.
    scaled = disparity.float() * (FOCAL * width) * 256.0 / ratio / 10.0
    usable = scaled.isfinite() & (scaled > 0)
    return torch.where(usable, scaled, 0.0).long() % LEVELS


def read_disparity(counts: Tensor, width: int) -> Tensor:
    """Disparity of 16-bit numbers, float64 of the same shape."""
    return counts.double() / 256 / (FOCAL * width) * 10


def median_scale(truth: Tensor, disparity: Tensor) -> Tensor:
    """Metres for one unit of depth: ratio of the medians over all truth > 0; depth is resized, not disparity.

    Args:
        truth: (1,H,W) true depth [m], 0 where unknown.
        disparity: (1,h,w) 1/depth in the network's unit.

    Returns:
        A scalar; 1 where nothing is known.
    """
    depth = resize(1 / disparity[None].float(), (truth.shape[-2], truth.shape[-1]))[0]
    known = truth > 0
    if not known.any():
        return torch.ones(())
    return median(truth[known].float()) / median(depth[known])


def disparity_round_trip(disparity: Tensor, truth: Tensor, *, scale_by_median: bool) -> Tensor:
    """What the published evaluation reads back of a prediction, at the size of the truth.

    Args:
        disparity: (1,h,w) 1/depth in the network's unit, at the network's resolution.
        truth: (1,H,W) true depth [m], 0 where unknown.
        scale_by_median: the variant for networks trained on video, whose disparity is scaled before it is written;
            the one for stereo writes it as it is, and depth is multiplied by 5.4 afterwards.

    Returns:
        (1,H,W) float64 disparity; 0 = infinitely far.
    """
    width = truth.shape[-1]
    ratio = median_scale(truth, disparity) if scale_by_median else 1.0
    read = read_disparity(write_disparity(disparity, width, ratio), width)
    return resize(read[None], (truth.shape[-2], truth.shape[-1]))[0]


def write_uncertainty(uncertainty: Tensor) -> Tensor:
    """The 16-bit numbers of uncertainties: 1 is 65535, truncated; what is larger wraps around and looks certain.

    >>> write_uncertainty(torch.tensor([0.0, 0.5, 1.0, 1.001])).tolist()
    [0, 32767, 65535, 64]
    """
    return (uncertainty.float() * MAX_UNCERTAINTY).long() % LEVELS


def normalised(uncertainty: Tensor, known: Tensor) -> Tensor:
    """Min-max over the known pixels of each map, as all published methods but `Post` were before they were written.

    Args:
        uncertainty: (...,h,w).
        known: bool, broadcast to it.

    Returns:
        float32 in [0,1]; 0 where unknown and in constant maps.
    """
    values = uncertainty.float()
    low = torch.where(known, values, torch.inf).amin((-2, -1), keepdim=True)
    high = torch.where(known, values, -torch.inf).amax((-2, -1), keepdim=True)
    return torch.where(known & (high > low), (values - low) / (high - low), 0.0)


def uncertainty_round_trip(uncertainty: Tensor, known: Tensor) -> Tensor:
    """What the published evaluation reads back of uncertainty maps (...,h,w): float64, in an arbitrary unit."""
    return write_uncertainty(normalised(uncertainty, known)).double() / 256
