"""Losses against true depth, pixel by pixel, over valid pixels only."""

import torch
from torch import Tensor

from gradunc.losses.inputs import TRUTH, LossInputs, TermResult
from gradunc.losses.pairs import MIN_DEPTH, pair, valid_pixels
from gradunc.ops.masked import masked_mean, mean_over_known


def l1(prediction: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference [m] of 1-D tensors."""
    return (prediction - truth).abs().mean()


def l2(prediction: Tensor, truth: Tensor) -> Tensor:
    """Mean squared difference [m^2] of 1-D tensors."""
    return (prediction - truth).square().mean()


def silog(prediction: Tensor, truth: Tensor, variance_focus: float = 0.85) -> Tensor:
    """Scale-invariant log loss 10 sqrt(mean e^2 - 0.85 mean(e)^2), e = log difference of 1-D tensors.

    Eigen et al. 2014 with the constants of AdaBins (docs/methods.md F.1).

    >>> import torch
    >>> round(float(silog(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 2.0]))), 2)  # 10 sqrt(0.15) log 2
    2.68
    """
    error = prediction.clamp_min(MIN_DEPTH).log() - truth.log()
    # The tiny constant keeps the root differentiable where the prediction is perfect.
    return 10 * (error.square().mean() - variance_focus * error.mean().square() + 1e-12).sqrt()


def eigen(error: Tensor, keep: Tensor, invariance: float) -> Tensor:
    """Eigen's scale-invariant loss mean e^2 - lambda mean(e)^2 of every image, averaged over the images.

    Eigen, Puhrsch & Fergus 2014, the training loss (docs/methods.md F.1). A factor c costs (1 - lambda) log(c)^2.

    Args:
        error: (B,1,H,W) log prediction minus log truth, 0 where not kept.
        keep: (B,1,H,W) bool.
        invariance: lambda: 0 = mean squared log error, 1 = fully scale-invariant.
    """
    means = masked_mean(error.square(), keep) - invariance * masked_mean(error, keep).square()
    return mean_over_known(means, keep)


def berhu(error: Tensor, keep: Tensor, share: float = 0.2) -> Tensor:
    """Reverse Huber loss: |e| up to c, (e^2 + c^2) / (2c) beyond, c = 0.2 max |e| of the image, a constant.

    Laina et al. 2016, who take the maximum over the batch; over the image a loss does not depend on the other images.
    Mean over valid pixels, then over images.

    Args:
        error: (B,1,H,W) prediction minus truth [m], 0 where not kept.
        keep: (B,1,H,W) bool.
        share: of the largest error that is the threshold c.
    """
    size = error.abs()
    # A perfect image has c = 0, where the square is not taken but must not be 0/0 either.
    threshold = (share * size.detach().amax((1, 2, 3), keepdim=True)).clamp_min(1e-12)
    values = torch.where(size <= threshold, size, (error.square() + threshold.square()) / (2 * threshold))
    return mean_over_known(masked_mean(values, keep), keep)


class L1:
    """Mean |d - d*| over valid pixels [m]."""

    needs = TRUTH
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        prediction, truth = valid_pixels(inputs, scale)
        return TermResult(l1(prediction, truth) if len(truth) else prediction.sum())


class L2:
    """Mean (d - d*)^2 over valid pixels [m^2]."""

    needs = TRUTH
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        prediction, truth = valid_pixels(inputs, scale)
        return TermResult(l2(prediction, truth) if len(truth) else prediction.sum())


class SILog:
    """Scale-invariant log loss over valid pixels."""

    needs = TRUTH
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        prediction, truth = valid_pixels(inputs, scale)
        return TermResult(silog(prediction, truth) if len(truth) else prediction.sum())


class Eigen:
    """Scale-invariant log loss as Eigen et al. wrote it, per image.

    Args:
        invariance: lambda; 0.5 is the published one, 1 is fully scale-invariant.
    """

    needs = TRUTH
    head = ""

    def __init__(self, invariance: float = 0.5) -> None:
        self.invariance = invariance

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        maps = pair(inputs, scale)
        return TermResult(eigen(maps.log_error, maps.keep, self.invariance))


class BerHu:
    """Reverse Huber loss of depth [m], threshold per image."""

    needs = TRUTH
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        maps = pair(inputs, scale)
        return TermResult(berhu(maps.error, maps.keep))
