"""The SSIM loss against a loop over pixels, written from the paper's formula."""

import numpy as np
import pytest
import torch

from gradunc.uncertainty.gradient.losses import Comparison, ssim
from tests.uncertainty.networks import noise

C1, C2 = 0.01**2, 0.03**2


def by_loop(depth: np.ndarray, reference: np.ndarray, keep: np.ndarray) -> float:
    """One image (H,W): 3x3 windows over a reflected border, both maps in units of the reference's largest value."""
    reference, depth = np.where(keep, reference, 0), np.where(keep, depth, 0)
    largest = np.abs(reference).max()
    a, b = (np.pad(values / largest, 1, mode="reflect") for values in (depth, reference))
    losses = []
    for i, j in zip(*np.nonzero(keep), strict=True):
        x, y = a[i : i + 3, j : j + 3], b[i : i + 3, j : j + 3]
        covariance = ((x - x.mean()) * (y - y.mean())).mean()
        index = (2 * x.mean() * y.mean() + C1) * (2 * covariance + C2)
        index /= (x.mean() ** 2 + y.mean() ** 2 + C1) * (x.var() + y.var() + C2)
        losses.append(min(max((1 - index) / 2, 0), 1))
    return float(np.mean(losses))


@pytest.mark.parametrize("masked", [False, True])
def test_value(masked: bool) -> None:
    depth, reference = 20 * noise(2, 5, 6)[:, :1].double(), 10 * noise(2, 5, 6, seed=1)[:, :1].double()
    keep = noise(2, 5, 6, seed=2)[:, :1] > 0.4 if masked else torch.ones(2, 1, 5, 6, dtype=torch.bool)
    loss = ssim(Comparison(depth, reference[None], keep[None] if masked else None))
    expected = [by_loop(*(values[i, 0].numpy() for values in (depth, reference, keep))) for i in range(2)]

    assert loss.tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("masked", [False, True])
def test_gradient_by_finite_differences(masked: bool) -> None:
    depth, reference = 20 * noise(1, 3, 4)[:, :1].double(), 10 * noise(1, 3, 4, seed=1)[:, :1].double()
    keep = noise(1, 3, 4, seed=2)[:, :1] > 0.3 if masked else torch.ones(1, 1, 3, 4, dtype=torch.bool)
    depth.requires_grad_()
    (gradient,) = torch.autograd.grad(ssim(Comparison(depth, reference[None], keep[None])).sum(), depth)
    step, expected = 1e-6, torch.zeros(3, 4, dtype=torch.float64)
    for i, j in np.ndindex(3, 4):
        sides = []
        for sign in (1, -1):
            moved = depth.detach()[0, 0].numpy().copy()
            moved[i, j] += sign * step
            sides.append(by_loop(moved, reference[0, 0].numpy(), keep[0, 0].numpy()))
        expected[i, j] = (sides[0] - sides[1]) / (2 * step)

    torch.testing.assert_close(gradient[0, 0], expected, rtol=1e-5, atol=1e-8)


def test_the_unit_of_depth_does_not_matter() -> None:
    depth, reference = 5 * noise(1, 5, 6)[:, :1], 5 * noise(1, 5, 6, seed=1)[:, :1]

    torch.testing.assert_close(
        ssim(Comparison(1000 * depth, 1000 * reference[None])), ssim(Comparison(depth, reference[None]))
    )
