"""Making a batch of samples that may differ in the size of their truth, and in what they know at all."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import default_collate

from gradunc.types import Sample


def collate(samples: Sequence[Sample]) -> Sample:
    """Stack samples. Sparse truth of several sizes (KITTI's dates) is spread over the largest of them.

    Every measured depth keeps its value and moves to the pixel of the larger grid that it falls into; nothing is
    interpolated, and pixels between stay unknown.

    In a mixture of data sets some samples know more than others. A sample without truth gets one that is nowhere valid,
    unknown poses are NaN; other keys that not all samples have are left out of the batch, and a loss that needs one
    says so. Images become float where some are.
    """
    samples = _completed(samples)
    if "depth" in samples[0] and len({sample["depth"].shape for sample in samples}) > 1:  # pyright: ignore[reportTypedDictNotRequiredAccess]
        height, width = (max(sample["depth"].shape[axis] for sample in samples) for axis in (-2, -1))  # pyright: ignore[reportTypedDictNotRequiredAccess]
        samples = [_spread(sample, (height, width)) for sample in samples]
    return default_collate(list(samples))


def _completed(samples: Sequence[Sample]) -> list[Sample]:
    """The samples with the same keys and types."""
    keys = [key for key in samples[0] if all(key in sample for sample in samples)]
    truth = next((sample["depth"] for sample in samples if "depth" in sample), None)
    if truth is not None:
        keys += [key for key in ("depth", "valid") if key not in keys]
    count = len(samples[0]["sources"]) if "sources" in keys else 0  # pyright: ignore[reportTypedDictNotRequiredAccess]
    if count and any("source_pose" in sample for sample in samples) and "source_pose" not in keys:
        keys.append("source_pose")
    floats = len({sample["image"].dtype for sample in samples}) > 1
    result = []
    for sample in samples:
        whole: dict[str, Any] = dict(sample)
        if truth is not None:
            whole.setdefault("depth", torch.zeros_like(truth))
            whole.setdefault("valid", whole["depth"] > 0)
        if "source_pose" in keys:
            whole.setdefault("source_pose", torch.full((count, 4, 4), torch.nan))
        for key in ("image", "sources"):
            if floats and key in whole and whole[key].dtype == torch.uint8:
                whole[key] = whole[key].float().div_(255)
        result.append({key: whole[key] for key in keys})
    return result


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
