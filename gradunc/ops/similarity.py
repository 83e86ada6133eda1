"""Structural similarity (Wang et al. 2004) in the 3x3 form of self-supervised depth (docs/methods.md F.3)."""

import torch.nn.functional as F
from torch import Tensor


def _window_mean(x: Tensor) -> Tensor:
    """Mean over 3x3 of a tensor that is already padded by one pixel."""
    return F.avg_pool2d(x, 3, stride=1)


def ssim_loss(a: Tensor, b: Tensor, c1: float = 0.01**2, c2: float = 0.03**2) -> Tensor:
    """Dissimilarity clamp((1 - SSIM) / 2, 0, 1), per pixel and channel: (B,C,H,W) twice -> (B,C,H,W)."""
    a, b = F.pad(a, (1, 1, 1, 1), mode="reflect"), F.pad(b, (1, 1, 1, 1), mode="reflect")
    mean_a, mean_b = _window_mean(a), _window_mean(b)
    var_a = _window_mean(a * a) - mean_a * mean_a
    var_b = _window_mean(b * b) - mean_b * mean_b
    covariance = _window_mean(a * b) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    denominator = (mean_a * mean_a + mean_b * mean_b + c1) * (var_a + var_b + c2)
    return ((1 - numerator / denominator) / 2).clamp(0, 1)


def photometric_error(a: Tensor, b: Tensor, ssim_weight: float = 0.85) -> Tensor:
    """0.85 SSIM loss + 0.15 L1, both averaged over channels: images (B,3,H,W) twice -> (B,1,H,W)."""
    similarity = ssim_loss(a, b).mean(1, keepdim=True)
    absolute = (a - b).abs().mean(1, keepdim=True)
    return ssim_weight * similarity + (1 - ssim_weight) * absolute
