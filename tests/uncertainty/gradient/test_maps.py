"""From a layer's grid to pixels, by hand and against a full resize."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty.gradient.maps import (
    LayerMap,
    map_to_tokens,
    padded,
    to_image,
    token_grid,
    tokens_to_map,
    without_padding,
)


def test_cells_that_hold_padding_only_are_cut() -> None:
    # 50x77 is padded to 64x96; at stride 4 that is 16x24 cells, of which ceil(50/4) x ceil(77/4) hold image.
    feature = torch.arange(16.0 * 24).view(1, 1, 16, 24)
    layer = without_padding(feature, (50, 77), 32)

    assert torch.equal(layer.values, feature[..., :13, :20])
    assert layer.extent == (52, 80)


def test_a_network_without_padding_keeps_all_cells() -> None:
    layer = without_padding(torch.zeros(2, 3, 5, 7), (10, 14), 1)

    assert layer.values.shape == (2, 3, 5, 7)
    assert layer.extent == (10, 14)


def test_bilinear_resize_has_half_pixel_centres() -> None:
    resized = to_image(LayerMap(torch.tensor([[[[0.0, 4.0]]]]), (1, 4)), (1, 4))

    assert resized.flatten().tolist() == [0.0, 1.0, 3.0, 4.0]


@pytest.mark.parametrize("stride", [1, 2, 4, 8, 16, 32])
def test_pixels_stand_where_a_resize_of_the_whole_padded_map_puts_them(stride: int) -> None:
    size = (50, 77)
    full = torch.rand(2, 1, 64 // stride, 96 // stride, generator=torch.Generator().manual_seed(0))
    resized = to_image(without_padding(full, size, 32), size)
    whole = F.interpolate(full, (64, 96), mode="bilinear", align_corners=False)[..., :50, :77]

    assert resized.shape == (2, 1, *size)
    # The last kept cell meets cut ones from its centre on: half a cell at the lower and right border may differ.
    rows, columns = ((-(-length // stride)) * stride - stride // 2 for length in size)
    torch.testing.assert_close(resized[..., :rows, :columns], whole[..., :rows, :columns])


@pytest.mark.parametrize(
    ("shape", "size"), [((1, 30, 7), (14, 14)), ((1, 196, 8), (5, 3)), ((2, 8), (4, 4)), ((1, 2, 2, 4, 4), (4, 4))]
)
def test_what_is_no_map_is_refused(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    message = f"gives a tensor of shape {shape}; (B,C,h,w) maps or (B,N,C) tokens of an image of {size[0]}x{size[1]}"
    with pytest.raises(InputError, match=re.escape(message)):
        without_padding(torch.zeros(shape), size, 1)


@pytest.mark.parametrize(
    ("count", "size", "grid"),
    [
        (480, (192, 640), (12, 40)),  # patches of 16
        (481, (192, 640), (12, 40)),  # and a class token
        (485, (192, 640), (12, 40)),  # and four registers
        (1369, (518, 518), (37, 37)),
        (1370, (518, 518), (37, 37)),  # DINOv2, patches of 14
        (12 * 41, (196, 656), (12, 41)),  # sides that are no multiple of 16
        (3 * 5 + 1, (6, 10), (3, 5)),
        (7, (1000, 3), None),  # patches of 3 px leave 333 tokens, larger ones none
    ],
)
def test_grid_of_tokens(count: int, size: tuple[int, int], grid: tuple[int, int] | None) -> None:
    assert token_grid(count, size) == grid


def test_tokens_run_along_rows_behind_their_prefix() -> None:
    # Two channels: the token's number and its negative. 4x6 px in patches of 2: two rows of three.
    numbers = torch.tensor([-9.0, 0, 1, 2, 3, 4, 5])
    found = tokens_to_map(torch.stack([numbers, -numbers], 1)[None], (4, 6))

    assert found.values[0].tolist() == [[[0, 1, 2], [3, 4, 5]], [[0, -1, -2], [-3, -4, -5]]]
    assert (found.layout, found.prefix) == ("tokens", 1)


@pytest.mark.parametrize(
    ("shape", "size", "layout"),
    [
        ((1, 32, 48, 160), (192, 640), "channels_first"),
        ((1, 48, 160, 32), (192, 640), "channels_last"),
        ((1, 96, 6, 20), (192, 640), "channels_first"),
        ((1, 6, 20, 96), (192, 640), "channels_last"),
        ((1, 8, 8, 8), (64, 64), "channels_first"),
        ((1, 1, 64, 64), (64, 64), "channels_first"),
    ],
)
def test_layout_of_four_axes(shape: tuple[int, ...], size: tuple[int, int], layout: str) -> None:
    feature = torch.arange(float(np.prod(shape))).view(shape)
    found = tokens_to_map(feature, size)

    assert found.layout == layout
    assert torch.equal(found.values, feature if layout == "channels_first" else torch.einsum("bhwc->bchw", feature))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(0, 8), st.sampled_from([4, 8, 14, 16]))
def test_maps_and_tokens_are_inverse(rows: int, columns: int, channels: int, prefix: int, patch: int) -> None:
    size = (rows * patch, columns * patch)
    feature = torch.rand(2, prefix + rows * columns, channels, generator=torch.Generator().manual_seed(rows))
    found = tokens_to_map(feature, size)
    kept = found.prefix

    assert kept <= prefix  # the fewest other tokens that fit
    assert found.values.shape[2] * found.values.shape[3] == prefix + rows * columns - kept
    assert torch.equal(map_to_tokens(found.values, feature, found), feature)
    changed = map_to_tokens(2 * found.values, feature, found)
    assert torch.equal(changed[:, :kept], feature[:, :kept])
    assert torch.equal(changed[:, kept:], 2 * feature[:, kept:])


@pytest.mark.parametrize("shape", [(2, 5, 6, 8), (2, 6, 8, 5)])
def test_maps_of_four_axes_come_back(shape: tuple[int, ...]) -> None:
    feature = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    before = feature.clone()
    found = tokens_to_map(feature, (24, 32))

    assert torch.equal(map_to_tokens(found.values, feature, found), feature)
    assert torch.equal(map_to_tokens(found.values + 1, feature, found), feature + 1)
    assert torch.equal(feature, before)


@pytest.mark.parametrize(("multiple", "size"), [(1, (13, 22)), (4, (16, 24)), (32, (32, 32))])
def test_the_size_that_the_network_works_on(multiple: int, size: tuple[int, int]) -> None:
    model = nn.Identity()
    if multiple > 1:
        model.multiple = multiple

    assert padded(torch.zeros(1, 3, 13, 22), model) == size


def test_channels_that_are_known_decide_where_the_aspect_is_ambiguous():
    """5 channels of 8x12 for an image of 13x22: 5x8 tokens of 12 channels would fit its aspect better."""
    feature = torch.zeros(1, 5, 8, 12)
    assert tokens_to_map(feature, (13, 22)).layout == "channels_last"
    assert tokens_to_map(feature, (13, 22), 5).layout == "channels_first"
    assert tokens_to_map(feature, (13, 22), 12).layout == "channels_last"
