"""Means over the pixels that count; masks are True where they do."""

import torch
from torch import Tensor


def masked_mean(values: Tensor, keep: Tensor | None) -> Tensor:
    """Mean per image over the kept pixels, 0 for an image without any.

    What is not kept may be infinite or NaN, but its gradient then is NaN too unless it was replaced before.

    Args:
        values: (...,1,H,W).
        keep: (...,1,H,W) bool; None = all.

    Returns:
        (...).

    >>> masked_mean(torch.tensor([[[[1.0, 3.0, 8.0]]]]), torch.tensor([[[[True, True, False]]]])).tolist()
    [2.0]
    """
    if keep is None:
        return values.flatten(-3).mean(-1)
    count = keep.flatten(-3).sum(-1).clamp_min(1)
    return torch.where(keep, values, 0.0).flatten(-3).sum(-1) / count


def mean_over_known(means: Tensor, keep: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean over the images that have a kept pixel: (B,) and (B,1,H,W) bool -> (); 0 if there is none.

    Args:
        means: of the images.
        keep: what they are of.
        weights: (B,) how much each counts; None = all alike.
    """
    known = keep.flatten(1).any(1)
    if weights is None:
        return torch.where(known, means, 0.0).sum() / known.sum().clamp_min(1)
    weights = torch.where(known, weights, 0.0)
    return (torch.where(known, means, 0.0) * weights).sum() / weights.sum().clamp_min(1e-12)


def lower_median(values: Tensor, keep: Tensor) -> Tensor:
    """The median of what is kept, of an even count the lower of the two middle values: (B,n), (B,n) bool -> (B,).

    NaN is left out, and nothing kept gives NaN, as `torch.nanmedian` does it, which has no operator in ONNX.

    >>> lower_median(torch.tensor([[3.0, 1.0, 2.0, 9.0]]), torch.tensor([[True, True, True, False]])).item()
    2.0
    """
    keep = keep & ~values.isnan()
    ascending = torch.where(keep, values, torch.inf).sort(1).values
    count = keep.sum(1, keepdim=True)
    middle = ascending.gather(1, (count - 1).clamp_min(0) // 2)
    return torch.where(count > 0, middle, torch.nan)[:, 0]
