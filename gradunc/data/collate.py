"""Making a batch of samples whose true depth may differ in size."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import default_collate

from gradunc.types import Sample


def collate(samples: Sequence[Sample]) -> Sample:
    """Stack samples. Sparse truth of several sizes (KITTI's dates) is spread over the largest of them.

    Every measured depth keeps its value and moves to the pixel of the larger grid that it falls into; nothing is
    interpolated, and pixels between stay unknown.
    """
    if all("depth" in sample for sample in samples) and len({sample["depth"].shape for sample in samples}) > 1:  # pyright: ignore[reportTypedDictNotRequiredAccess]
        height, width = (max(sample["depth"].shape[axis] for sample in samples) for axis in (-2, -1))  # pyright: ignore[reportTypedDictNotRequiredAccess]
        samples = [_spread(sample, (height, width)) for sample in samples]
    return default_collate(list(samples))


def _spread(sample: Sample, size: tuple[int, int]) -> Sample:
    depth = sample["depth"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    valid = sample.get("valid", depth > 0)
    return {**sample, "depth": spread(depth, size), "valid": spread(valid, size)}


def spread(sparse: Tensor, size: tuple[int, int]) -> Tensor:
    """Move the pixels of a map (1,h,w) to a grid of at least that size, (1,*size); new pixels are zero.

    >>> spread(torch.tensor([[[1.0, 2.0]]]), (1, 4)).tolist()
    [[[0.0, 1.0, 0.0, 2.0]]]
    """
    height, width = sparse.shape[-2:]
    rows = ((torch.arange(height) + 0.5) * size[0] / height).long()
    columns = ((torch.arange(width) + 0.5) * size[1] / width).long()
    result = sparse.new_zeros((1, *size))
    result[0, rows[:, None], columns] = sparse[0]
    return result
