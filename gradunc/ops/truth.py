"""True depth of a batch whose images may have truths of several sizes."""

import torch
from torch import Tensor

from gradunc.types import Sample


def own_truth(batch: Sample) -> list[tuple[Tensor, Tensor]]:
    """True depth [m] and where it counts (bool) of every image of a batch that has them, (1,H,W) at its own size."""
    depth = batch["depth"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    pairs = list(zip(depth, batch.get("valid", depth > 0), strict=True))
    if "truth_size" not in batch:
        return pairs
    sizes = batch["truth_size"].tolist()
    return [(gathered(one, (h, w)), gathered(valid, (h, w))) for (one, valid), (h, w) in zip(pairs, sizes, strict=True)]


def spread(sparse: Tensor, size: tuple[int, int]) -> Tensor:
    """Move the pixels of a map (1,h,w) to a grid of at least that size, (1,*size); new pixels are zero.

    >>> spread(torch.tensor([[[1.0, 2.0]]]), (1, 4)).tolist()
    [[[0.0, 1.0, 0.0, 2.0]]]
    """
    rows, columns = _places((sparse.shape[-2], sparse.shape[-1]), size)
    result = sparse.new_zeros((1, *size))
    result[0, rows[:, None], columns] = sparse[0]
    return result


def gathered(spread_out: Tensor, size: tuple[int, int]) -> Tensor:
    """The inverse of `spread`: the map (1,*size) that was moved to this larger grid.

    >>> gathered(torch.tensor([[[0.0, 1.0, 0.0, 2.0]]]), (1, 2)).tolist()
    [[[1.0, 2.0]]]
    """
    rows, columns = _places(size, (spread_out.shape[-2], spread_out.shape[-1]))
    return spread_out[:, rows[:, None].to(spread_out.device), columns.to(spread_out.device)]


def _places(small: tuple[int, int], large: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Rows and columns of the large grid that the centres of the small one's pixels fall into; all are different."""
    rows, columns = (((torch.arange(s) + 0.5) * n / s).long() for s, n in zip(small, large, strict=True))
    return rows, columns
