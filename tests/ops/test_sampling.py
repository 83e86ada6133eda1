"""Bilinear sampling at places that are no numbers."""

import math

import pytest
import torch
import torch.nn.functional as F

from gradunc.ops.geometry import warp
from gradunc.ops.sampling import sample_image


def test_a_place_that_is_nan_has_no_value_and_does_no_harm() -> None:
    # The backward pass of F.grid_sample ends the process on a NaN place (PyTorch 2.14, CPU).
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, 16, 24, generator=generator, requires_grad=True)
    grid = torch.rand(2, 5, 7, 2, generator=generator) * 3 - 1.5
    expected = F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=True)
    places = grid.clone()
    places[1, 2, 3, 0] = math.nan
    places.requires_grad_()
    found = sample_image(image, places)
    known = torch.ones(2, 1, 5, 7, dtype=torch.bool)
    known[1, 0, 2, 3] = False
    assert torch.equal(found.isfinite(), known.expand_as(found))
    assert torch.equal(found[known.expand_as(found)], expected[known.expand_as(expected)])
    found.nansum().backward()
    assert places.grad is not None
    assert places.grad.isfinite().all()
    assert places.grad[1, 2, 3].tolist() == [0, 0]


@pytest.mark.parametrize("broken", ["depth", "pose"])
def test_a_warp_by_nan_is_nan(broken: str) -> None:
    depth, pose = torch.full((1, 1, 8, 12), 5.0), torch.eye(4)[None]
    intrinsics = torch.tensor([[[10.0, 0.0, 6.0], [0.0, 10.0, 4.0], [0.0, 0.0, 1.0]]])
    {"depth": depth[0, 0, 3], "pose": pose[0, 0]}[broken][2] = math.nan
    view, inside = warp(torch.rand(1, 3, 8, 12), depth.requires_grad_(), intrinsics, pose)
    unknown = view.isnan().all(1, keepdim=True)
    assert torch.equal(unknown, view.isnan().any(1, keepdim=True))
    assert int(unknown.sum()) == (1 if broken == "depth" else 96)
    assert not (inside & unknown).any()
    view.sum().backward()
