"""Samples that know depth, disparity or pairs: one batch of them, and what its augmentation makes of them."""

import math
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from gradunc.data.loading.augmentation import mirror
from gradunc.data.loading.collate import collate
from gradunc.data.loading.geometric import crop, rotate
from gradunc.losses.ordinal import disparity_at
from gradunc.ops.truth import own_truth
from gradunc.types import Sample
from tests.losses.helpers import random

SIZE = 8


def image() -> Tensor:
    return torch.zeros(3, SIZE, SIZE)


def relative(height: int = SIZE, width: int = SIZE) -> Sample:
    known = torch.ones(1, height, width, dtype=torch.bool)
    known[0, 0, 0] = False
    return {"image": image(), "disparity": random(0, 1, height, width) - 0.5, "disparity_valid": known}


def ordinal(*pairs: list[float]) -> Sample:
    return {"image": image(), "ordinal": torch.tensor(pairs)}


def test_every_sample_gets_what_others_know() -> None:
    depth = 1 + random(1, 1, SIZE, SIZE)
    pair = [1.0, 2.0, 3.0, 4.0, -1.0]
    samples: list[Sample] = [
        ordinal(pair),
        {"image": image(), "depth": depth},
        relative(),
        ordinal(pair, [0.0, 0.0, 1.0, 1.0, 0.0]),
    ]
    batch = cast(dict[str, Tensor], collate(samples))
    assert batch["valid"].flatten(1).sum(1).tolist() == [0, SIZE**2, 0, 0]
    assert batch["disparity_valid"].flatten(1).sum(1).tolist() == [0, 0, SIZE**2 - 1, 0]
    assert batch["depth"][1].equal(depth)
    assert batch["disparity"][2].equal(relative()["disparity"])  # pyright: ignore[reportTypedDictNotRequiredAccess]
    assert batch["ordinal"][..., 4].isfinite().sum(1).tolist() == [1, 0, 0, 2]
    assert batch["ordinal"][0, 0].tolist() == pair
    assert "truth_size" not in batch


def test_maps_of_several_sizes_share_the_largest() -> None:
    depth = 1 + random(1, 1, 4, 6)
    batch = collate([{"image": image(), "depth": depth}, relative(8, 5)])
    known = cast(dict[str, Tensor], batch)
    assert known["depth"].shape == known["disparity"].shape == known["disparity_valid"].shape == (2, 1, 8, 6)
    assert own_truth(batch)[0][0].equal(depth)
    given = relative(8, 5)
    kept = known["disparity"][1][known["disparity_valid"][1]]
    assert kept.equal(given["disparity"][given["disparity_valid"]])  # pyright: ignore[reportTypedDictNotRequiredAccess]


def batch_of_pairs() -> dict[str, Any]:
    """Two images whose truth names every pixel, and pairs at pixel centres, the last one of which is none."""
    names = torch.arange(SIZE * SIZE, dtype=torch.float32).view(1, 1, SIZE, SIZE).repeat(2, 1, 1, 1)
    pairs = torch.tensor([[5.0, 4.0, 2.0, 3.0, 1.0], [3.0, 5.0, 6.0, 2.0, -1.0], [0.0, 0.0, 0.0, 0.0, math.nan]])
    return {
        "image": names.expand(2, 3, SIZE, SIZE) / 100,
        "disparity": names,
        "disparity_valid": torch.ones_like(names, dtype=torch.bool),
        "ordinal": pairs.repeat(2, 1, 1),
    }


def named(batch: dict[str, Any]) -> Tensor:
    """Which pixels of the first image the points of each pair are, (B,P,2)."""
    pairs = batch["ordinal"]
    points = torch.nan_to_num(pairs)
    found = [disparity_at(batch["disparity"], points[..., place : place + 2]) for place in (0, 2)]
    return torch.where(pairs[..., 4:].isfinite(), torch.stack(found, -1), torch.nan)


BEFORE = torch.tensor([[37.0, 26.0], [43.0, 22.0]])


def test_points_of_a_mirrored_image_stay_where_they_are_in_the_scene() -> None:
    result = cast(dict[str, Any], mirror(cast(Sample, batch_of_pairs()), torch.tensor([False, True])))
    assert named(result)[:, :2].equal(BEFORE.expand(2, 2, 2))
    assert result["ordinal"][1, 0].tolist() == [2.0, 4.0, 5.0, 3.0, 1.0]
    assert result["ordinal"][:, 2, 4].isnan().all()


def test_points_of_a_turned_image_stay_where_they_are_in_the_scene() -> None:
    angles = torch.tensor([math.pi / 2, -math.pi])
    result = cast(dict[str, Any], rotate(cast(Sample, batch_of_pairs()), angles))
    assert named(result)[:, :2].equal(BEFORE.expand(2, 2, 2))
    # A quarter clockwise: x, y becomes 7 - y, x.
    assert result["ordinal"][0, 0].tolist() == pytest.approx([3.0, 5.0, 4.0, 2.0, 1.0], abs=1e-5)
    assert result["ordinal"][:, 2].isnan().any(1).all()


def test_pairs_that_leave_a_window_are_none() -> None:
    # The window begins in row 2 and column 3: a point of the first pair lies beside it.
    result = cast(dict[str, Any], crop(cast(Sample, batch_of_pairs()), (4, 4), torch.tensor([[0.5, 0.7]] * 2)))
    assert result["disparity"].shape == (2, 1, 4, 4)
    assert result["ordinal"][0, 0].isnan().all()
    assert result["ordinal"][0, 1].tolist() == [0.0, 3.0, 3.0, 0.0, -1.0]
    assert named(result)[:, 1].equal(BEFORE[1].expand(2, 2))
