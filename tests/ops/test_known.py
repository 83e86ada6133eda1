"""Resizing with unknown pixels, against a loop over every pixel and its four neighbours."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gradunc.ops.disparity import resize, resize_depth
from gradunc.ops.known import known_share, resize_finite, resize_known

SIDES = st.integers(1, 9)


def weights(target: int, of: int, sources: int) -> list[tuple[int, float]]:
    """Places and weights along one side: half-pixel centres, the border repeated."""
    place = min(max((target + 0.5) * sources / of - 0.5, 0), sources - 1)
    low = math.floor(place)
    return [(low, 1 - (place - low)), (min(low + 1, sources - 1), place - low)]


def by_loop(maps: Tensor, known: Tensor, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the known pixels of a footprint, and the share of its weight that they hold; (h,w) -> (H,W)."""
    means, shares = np.full(size, np.nan), np.zeros(size)
    for y, x in np.ndindex(*size):
        total = 0.0
        for row, down in weights(y, size[0], maps.shape[0]):
            for column, right in weights(x, size[1], maps.shape[1]):
                if known[row, column]:
                    shares[y, x] += down * right
                    total += down * right * float(maps[row, column])
        if shares[y, x] > 0:
            means[y, x] = total / shares[y, x]
    return means, shares


def blobs(seed: int, height: int, width: int, least: float) -> tuple[Tensor, Tensor]:
    """A map (1,1,h,w), NaN where it is unknown, and where it is known."""
    generator = torch.Generator().manual_seed(seed)
    maps = 1 + 9 * torch.rand(1, 1, height, width, generator=generator)
    known = torch.rand(1, 1, height, width, generator=generator) >= least
    return torch.where(known, maps, torch.nan), known


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), SIDES, SIDES, st.integers(1, 14), st.integers(1, 14), st.sampled_from([0, 0.3, 0.7, 1]))
def test_against_a_loop(seed: int, h: int, w: int, height: int, width: int, least: float) -> None:
    maps, known = blobs(seed, h, w, least)
    found, where = resize_known(maps, known, (height, width))
    means, shares = by_loop(maps[0, 0], known[0, 0], (height, width))
    assert found.isfinite().all()
    for place in np.ndindex(height, width):
        if abs(shares[place] - 0.5) > 1e-3:
            assert bool(where[0, 0][place]) == (shares[place] > 0.5)
        if where[0, 0][place]:
            assert float(found[0, 0][place]) == pytest.approx(means[place], rel=1e-5)
        else:
            assert found[0, 0][place] == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), SIDES, SIDES, st.integers(1, 14), st.integers(1, 14), st.sampled_from([0.05, 0.5]))
def test_where_all_is_known_no_digit_changes(seed: int, h: int, w: int, height: int, width: int, least: float) -> None:
    maps, known = blobs(seed, h, w, least)
    found, where = resize_known(maps, known, (height, width))
    whole = resize((~known).float(), (height, width)) == 0
    plain = resize(torch.where(known, maps, 5.0), (height, width))
    assert torch.equal(found[whole], plain[whole])
    assert where[whole].all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), SIDES, SIDES, st.integers(1, 5), st.sampled_from([0.1, 0.34, 0.7]))
def test_the_known_area_changes_at_its_boundary_only(seed: int, h: int, w: int, factor: int, least: float) -> None:
    maps, known = blobs(seed, h, w, least)
    _, where = resize_known(maps, known, (factor * h, factor * w))
    share = known_share(known, (factor * h, factor * w))
    nearest = known.repeat_interleave(factor, -1).repeat_interleave(factor, -2)
    boundary = (share > 0) & (share < 1)
    assert torch.equal(where[~boundary], nearest[~boundary])
    assert abs(where.sum() - factor**2 * known.sum()) <= boundary.sum()


def test_a_third_of_single_pixels_stays_a_third() -> None:
    maps, known = blobs(0, 64, 96, 0.66)
    _, where = resize_known(maps, known, (480, 720))
    assert float(where.float().mean()) == pytest.approx(float(known.float().mean()), abs=0.02)


def test_a_half_is_enough_in_the_mirrored_map_too() -> None:
    maps, known = blobs(3, 40, 60, 0.5)
    for size in ((20, 30), (57, 31), (120, 180)):
        _, where = resize_known(maps, known, size)
        _, mirrored = resize_known(maps.flip(-1), known.flip(-1), size)
        assert torch.equal(where, mirrored.flip(-1))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_the_type_of_numbers_stays(dtype: torch.dtype) -> None:
    maps, known = blobs(1, 6, 7, 0.3)
    found, where = resize_known(maps.to(dtype), known, (11, 9))
    expected, _ = resize_known(maps.to(dtype).float(), known, (11, 9))
    assert found.dtype == dtype
    assert torch.allclose(found[where].float(), expected[where], rtol=max(1e-6, 2 * torch.finfo(dtype).eps), atol=0)
    assert resize_finite(maps.to(dtype), (11, 9), resize).dtype == dtype


def test_depth_without_holes_is_what_the_network_says() -> None:
    depth = 1 + torch.rand(2, 1, 5, 7)
    assert torch.equal(resize_finite(depth, (9, 12), resize_depth), resize_depth(depth, (9, 12)))


@pytest.mark.parametrize("broken", [torch.nan, torch.inf, -torch.inf])
def test_a_hole_in_depth_stays_where_it_is(broken: float) -> None:
    depth = torch.full((1, 1, 4, 6), 2.0)
    depth[0, 0, 1:3, 2:4] = broken
    found = resize_finite(depth, (12, 18), resize_depth)
    known = resize_known(depth, depth.isfinite(), (12, 18))[1]
    assert torch.equal(found.isfinite(), known)
    assert found[known].allclose(torch.tensor(2.0))
    assert abs(int((~known).sum()) - 9 * 4) <= 4  # the corners


def test_depth_of_which_nothing_is_known() -> None:
    assert resize_finite(torch.full((1, 1, 2, 2), torch.nan), (4, 4), resize_depth).isnan().all()
