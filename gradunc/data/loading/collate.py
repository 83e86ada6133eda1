"""Making a batch of samples that may differ in the size of their truth, and in what they know at all."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import default_collate

from gradunc.ops.truth import spread
from gradunc.types import Sample, Size

TRUTH_MAPS = {"depth": "valid", "disparity": "disparity_valid"}
"""A map of truth -> the mask of where it counts."""


def collate(samples: Sequence[Sample]) -> Sample:
    """Stack samples. Sparse truth of several sizes (KITTI's dates) is spread over the largest of them, of all maps.

    Every measured depth keeps its value and moves to the pixel of the larger grid that it falls into; nothing is
    interpolated, and pixels between stay unknown. `truth_size` then says how large each was: an evaluation compares at
    that size, so that no image depends on its neighbours in the batch (`ops/truth.py`).

    In a mixture of data sets some samples know more than others. A sample without truth of a kind that others have gets
    one that is nowhere valid, unknown poses are NaN; other keys that not all samples have are left out of the batch,
    and a loss that needs one says so. Images become float where some are.
    """
    completed = _completed(samples)
    maps = [key for key in TRUTH_MAPS if key in completed[0]]
    shapes = {sample[key].shape for sample in completed for key in maps}
    if len(shapes) > 1:
        size = (max(shape[-2] for shape in shapes), max(shape[-1] for shape in shapes))
        completed = [_spread(sample, maps, size) for sample in completed]
    return default_collate(completed)


def _completed(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """The samples with the same keys and types."""
    keys = [key for key in samples[0] if all(key in sample for sample in samples)]
    unknown = _unknown_truth(samples)
    keys += [key for key in unknown if key not in keys]
    count = len(samples[0]["sources"]) if "sources" in keys else 0  # pyright: ignore[reportTypedDictNotRequiredAccess]
    if count and any("source_pose" in sample for sample in samples) and "source_pose" not in keys:
        keys.append("source_pose")
    floats = len({sample["image"].dtype for sample in samples}) > 1
    result: list[dict[str, Any]] = []
    for sample in samples:
        whole: dict[str, Any] = dict(sample)
        if "depth" in whole:
            whole.setdefault("valid", whole["depth"] > 0)
        whole = {**unknown, **whole}
        if "ordinal" in unknown:
            whole["ordinal"] = torch.cat([whole["ordinal"], unknown["ordinal"][len(whole["ordinal"]) :]])
        if "source_pose" in keys:
            whole.setdefault("source_pose", torch.full((count, 4, 4), torch.nan))
        for key in ("image", "sources"):
            if floats and key in whole and whole[key].dtype == torch.uint8:
                whole[key] = whole[key].float().div_(255)
        result.append({key: whole[key] for key in keys})
    return result


def _unknown_truth(samples: Sequence[Sample]) -> dict[str, Tensor]:
    """Of each kind of truth that a sample has: one that says nothing, with as many pairs as the most."""
    given: list[dict[str, Any]] = [dict(sample) for sample in samples]
    found: dict[str, Tensor] = {}
    for key, mask in TRUTH_MAPS.items():
        first = next((sample[key] for sample in given if key in sample), None)
        if first is not None:
            found |= {key: torch.zeros_like(first), mask: torch.zeros_like(first, dtype=torch.bool)}
    if pairs := [len(sample["ordinal"]) for sample in given if "ordinal" in sample]:
        found["ordinal"] = torch.full((max(pairs), 5), torch.nan)
    if any("pseudo" in sample for sample in given):
        found["pseudo"] = torch.tensor(False)
    return found


def _spread(sample: dict[str, Any], maps: Sequence[str], size: Size) -> dict[str, Any]:
    result = dict(sample)
    for key in maps:
        result |= {name: spread(sample[name], size) for name in (key, TRUTH_MAPS[key])}
    if "depth" in maps:
        result["truth_size"] = torch.tensor(sample["depth"].shape[-2:])
    return result
