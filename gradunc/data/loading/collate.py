"""Making a batch of samples that may differ in the size of their truth, and in what they know at all."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import default_collate

from gradunc.ops.truth import spread
from gradunc.types import Sample


def collate(samples: Sequence[Sample]) -> Sample:
    """Stack samples. Sparse truth of several sizes (KITTI's dates) is spread over the largest of them.

    Every measured depth keeps its value and moves to the pixel of the larger grid that it falls into; nothing is
    interpolated, and pixels between stay unknown. `truth_size` then says how large each was: an evaluation compares at
    that size, so that no image depends on its neighbours in the batch (`ops/truth.py`).

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
    own = torch.tensor(depth.shape[-2:])
    return {**sample, "depth": spread(depth, size), "valid": spread(valid, size), "truth_size": own}
