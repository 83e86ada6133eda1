"""Losses against true depth, over valid pixels only."""

from torch import Tensor

from gradunc.losses.inputs import LossInputs, TermResult

MIN_DEPTH = 1e-3
"""A linear head may give values <= 0, which have no logarithm [m]."""


def l1(prediction: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference [m] of 1-D tensors."""
    return (prediction - truth).abs().mean()


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


def valid_pixels(inputs: LossInputs, scale: int) -> tuple[Tensor, Tensor]:
    """Prediction and truth at the valid pixels of the batch, 1-D each [m], at the truth's resolution."""
    truth, keep = inputs.tensor("depth"), inputs.tensor("valid")
    depth = inputs.depth(scale, (truth.shape[-2], truth.shape[-1]))
    return depth[keep], truth[keep]


class L1:
    """Mean |d - d*| over valid pixels [m]."""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        prediction, truth = valid_pixels(inputs, scale)
        return TermResult(l1(prediction, truth) if len(truth) else prediction.sum())


class SILog:
    """Scale-invariant log loss over valid pixels."""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        prediction, truth = valid_pixels(inputs, scale)
        return TermResult(silog(prediction, truth) if len(truth) else prediction.sum())
