"""Auxiliary losses: the scalar between prediction and reference whose gradient is read (docs/methods.md A.2).

Always the mean over the kept pixels of one image, never over the batch: the gradient of the SUM over images is then
the gradient of each image alone (docs/architecture.md, fact 5). Several references give the mean of their losses. A new
loss is one function and one line in `LOSSES`.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.ops.masked import masked_mean
from gradunc.ops.similarity import ssim_loss
from gradunc.types import OutputSpace

EPSILON = 1e-3
"""Smallest output that a logarithm or an inverse sees, the evaluation's nearest depth; below it the gradient is 0."""

TINY = torch.finfo(torch.float32).tiny


class Comparison(NamedTuple):
    """What a loss compares, in float32."""

    depth: Tensor
    """(B,1,H,W) prediction in the output space; carries the graph."""
    reference: Tensor
    """(K,B,1,H,W) K references."""
    keep: Tensor | None = None
    """(K,B,1,H,W) bool, True = counts; None = all."""
    space: OutputSpace = OutputSpace()
    """What the numbers mean."""

    __repr__ = brief_repr


class AuxiliaryLoss(Protocol):
    """One value per image."""

    def __call__(self, comparison: Comparison) -> Tensor:
        """Comparison -> (B,)."""
        ...


def difference(depth: Tensor, reference: Tensor, keep: Tensor | None) -> Tensor:
    """Prediction minus each reference, 0 outside the mask: (K,B,1,H,W).

    Before any further operation: an infinite difference outside would otherwise leave NaN gradients inside.
    """
    values = depth - reference
    return values if keep is None else torch.where(keep, values, 0.0)


def squared(comparison: Comparison) -> Tensor:
    """Mean squared difference of the network's output, depth in ours (published default): (B,)."""
    depth, reference, keep, _ = comparison
    return masked_mean(difference(depth, reference, keep).square(), keep).mean(0)


def squared_disparity(comparison: Comparison) -> Tensor:
    """Mean squared difference of disparity: of the inverse output, or the output if that is disparity: (B,)."""
    depth, reference, keep, space = comparison
    if space.quantity == "depth":
        depth, reference = 1 / depth.clamp_min(EPSILON), 1 / reference.clamp_min(EPSILON)
    return masked_mean(difference(depth, reference, keep).square(), keep).mean(0)


def squared_log(comparison: Comparison) -> Tensor:
    """Mean squared difference of the logarithm, the same for depth and disparity: (B,)."""
    depth, reference, keep, _ = comparison
    logs = depth.clamp_min(EPSILON).log(), reference.clamp_min(EPSILON).log()
    return masked_mean(difference(*logs, keep).square(), keep).mean(0)


def l1(comparison: Comparison) -> Tensor:
    """Mean absolute difference of the output: (B,)."""
    depth, reference, keep, _ = comparison
    return masked_mean(difference(depth, reference, keep).abs(), keep).mean(0)


def huber(comparison: Comparison) -> Tensor:
    """Huber loss (1964) of the output: e^2/2 up to delta, linear beyond, delta = the image's mean |e|: (B,).

    The threshold makes it independent of the unit of depth.
    """
    depth, reference, keep, _ = comparison
    error = difference(depth, reference, keep)
    delta = masked_mean(error.detach().abs(), keep)[..., None, None, None]
    size = error.abs()
    return masked_mean(torch.where(size <= delta, size.square() / 2, delta * (size - delta / 2)), keep).mean(0)


def ssim(comparison: Comparison) -> Tensor:
    """Mean of (1 - SSIM)/2 in 3x3 windows (Wang et al. 2004): (B,).

    Both maps are divided by the reference's largest value, which makes it independent of the unit of depth.
    """
    depth, reference, keep, _ = comparison
    inside = reference if keep is None else torch.where(keep, reference, 0.0)
    largest = inside.abs().flatten(-3).amax(-1).clamp_min(TINY)[..., None, None, None]
    predicted = depth.expand_as(reference) if keep is None else torch.where(keep, depth, 0.0)
    loss = ssim_loss((predicted / largest).flatten(0, 1), (inside / largest).flatten(0, 1))
    return masked_mean(loss.unflatten(0, reference.shape[:2]), keep).mean(0)


def variance(comparison: Comparison) -> Tensor:
    """Mean over pixels of the unbiased variance of prediction and references (published with five maps): (B,).

    The references are constants; a pixel that only k of them know has the variance of k + 1 maps.
    """
    depth, reference, keep, _ = comparison
    if keep is None:
        return masked_mean(torch.cat([depth[None], reference]).var(0, correction=1), None)
    count = keep.sum(0)
    depth = torch.where(count > 0, depth, 0.0)
    mean = (depth + torch.where(keep, reference, 0.0).sum(0)) / (count + 1)
    deviation = (depth - mean).square() + torch.where(keep, reference - mean, 0.0).square().sum(0)
    return masked_mean(deviation / count.clamp_min(1), count > 0)


def sensitivity(comparison: Comparison) -> Tensor:
    """How strongly features move the logarithm of depth, more so where a reference disagrees (ours): (B,).

    The mean of w log d with constant w = 1 + |e| / mean |e|, e = log d - log d_ref. Its gradient is that of every
    pixel's depth, not of a difference, so that it does not vanish where the reference agrees by chance. w = 1 without
    a reference, and where it agrees everywhere.
    """
    return _weighted_mean(comparison.depth, comparison.reference, comparison.keep, _log)


def sensitivity_depth(comparison: Comparison) -> Tensor:
    """How strongly features move depth itself, more so where a reference disagrees in metres (ours): (B,).

    As `sensitivity`, with d in place of log d: its gradient estimates |d - d*|, which far pixels dominate, as that of
    `sensitivity` estimates |log d - log d*|. d is the inverse of an output that is disparity.
    """
    inverse = comparison.space.quantity == "disparity"
    return _weighted_mean(comparison.depth, comparison.reference, comparison.keep, _inverse if inverse else _itself)


def _weighted_mean(depth: Tensor, reference: Tensor, keep: Tensor | None, of: Callable[[Tensor], Tensor]) -> Tensor:
    """Mean of w x with constant w = 1 + |e| / mean |e|: (B,); x = of(output), e = x - x_ref, and w = 1 without one."""
    if not len(reference):
        keep = None if keep is None else keep[0]
        return masked_mean(of(_kept(depth, keep)), keep)
    size = difference(of(depth.detach()), of(reference), keep).abs()
    weight = 1 + size / masked_mean(size, keep).clamp_min(TINY)[..., None, None, None]
    return masked_mean(weight * of(_kept(depth, keep)), keep).mean(0)


def _kept(depth: Tensor, keep: Tensor | None) -> Tensor:
    """Outputs of 1 where nothing counts, so that no infinite gradient comes from there."""
    return depth if keep is None else torch.where(keep, depth, 1.0)


def _log(output: Tensor) -> Tensor:
    return output.clamp_min(EPSILON).log()


def _inverse(output: Tensor) -> Tensor:
    return 1 / output.clamp_min(EPSILON)


def _itself(output: Tensor) -> Tensor:
    return output


def predicted_variance(log_scale: Tensor | None, keep: Tensor | None) -> Tensor:
    """Mean predicted variance exp(2h) of a network with an uncertainty head: (B,).

    Args:
        log_scale: (B,1,H,W) h = log sigma.
        keep: (B,1,H,W) bool, True = counts.

    Raises:
        InputError: the network has no such head.
    """
    if log_scale is None:
        raise InputError("variance_weight needs a network with an uncertainty head; set variance_weight=0")
    log_scale = log_scale.float()
    if keep is not None:
        # Before the exponential, for the same reason as in `difference`.
        log_scale = torch.where(keep, log_scale, 0.0)
    return masked_mean((2 * log_scale).exp(), keep)


def has_floor(loss: AuxiliaryLoss, space: OutputSpace) -> bool:
    """Whether a loss is constant in outputs below `EPSILON`: of a logarithm, or of the inverse of depth."""
    inverse = squared_disparity if space.quantity == "depth" else sensitivity_depth
    return loss in (squared_log, sensitivity, inverse)


REFERENCE_FREE: tuple[AuxiliaryLoss, ...] = (sensitivity, sensitivity_depth)
"""Losses that need no reference."""

LOSSES: dict[str, AuxiliaryLoss] = {
    "squared": squared,
    "squared_disparity": squared_disparity,
    "squared_log": squared_log,
    "l1": l1,
    "huber": huber,
    "ssim": ssim,
    "variance": variance,
    "sensitivity": sensitivity,
    "sensitivity_depth": sensitivity_depth,
}
