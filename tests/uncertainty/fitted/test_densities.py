"""Mahalanobis distance against SciPy and NumPy, neighbours against sorting all distances."""

import numpy as np
import pytest
import torch
from scipy.spatial import distance
from torch import Tensor

from gradunc.uncertainty.fitted.densities import Gaussian, Neighbours


def rows(count: int = 300, channels: int = 5, seed: int = 0) -> Tensor:
    """Correlated features with means far from zero."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator)
    return torch.randn(count, channels, generator=generator) @ mixing + 40


@pytest.mark.parametrize("shrinkage", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("parts", [1, 7])
def test_gaussian_is_the_mahalanobis_distance(shrinkage, parts):
    seen, asked = rows(), rows(20, seed=1)
    density = Gaussian(shrinkage)
    for part in seen.chunk(parts):
        density.add(part)
    found = density.score(asked, density.learned())
    covariance = np.cov(seen.double().numpy().T)
    covariance = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / 5 * np.eye(5)
    inverse, mean = np.linalg.inv(covariance), seen.double().numpy().mean(0)
    expected = [distance.mahalanobis(one, mean, inverse) / np.sqrt(5) for one in asked.double().numpy()]
    np.testing.assert_allclose(found.numpy(), expected, rtol=2e-3)


def test_gaussian_is_one_on_average():
    density = Gaussian(0.0)
    density.add(rows())
    scores = density.score(rows(), density.learned())
    assert scores.square().mean().item() == pytest.approx(299 / 300, rel=1e-3)


def test_directions_that_never_vary_are_finite():
    seen = torch.cat([rows(), torch.ones(300, 2)], 1)
    for shrinkage in (0.0, 0.1):
        density = Gaussian(shrinkage)
        density.add(seen)
        learned = density.learned()
        other = seen.clone()
        other[:, -1] = 2
        assert density.score(other, learned).isfinite().all()
        assert (density.score(other, learned) > density.score(seen, learned)).all()


@pytest.mark.parametrize("k", [1, 4])
def test_neighbours_are_those_of_a_full_sort(k, monkeypatch):
    monkeypatch.setattr("gradunc.uncertainty.fitted.densities.AT_ONCE", 1000)
    seen, asked = rows() - 40, rows(33, seed=1) - 40
    density = Neighbours(k, 1000, 0)
    for part in seen.split(64):
        density.add(part)
    a, b = (one.double().numpy() / np.linalg.norm(one.double().numpy(), axis=1)[:, None] for one in (asked, seen))
    expected = np.sort(distance.cdist(a, b), axis=1)[:, k - 1]
    np.testing.assert_allclose(density.score(asked, density.learned()).numpy(), expected, rtol=1e-4)


def test_the_bank_is_bounded_and_of_a_seed():
    banks = []
    for seed in (0, 0, 1):
        density = Neighbours(3, 50, seed)
        for number in range(10):
            density.add(rows(30, seed=number))
        banks.append(density.learned()["bank"])
    assert [tuple(bank.shape) for bank in banks] == [(50, 5)] * 3
    assert torch.equal(banks[0], banks[1])
    assert not torch.equal(banks[0], banks[2])


def test_a_bank_smaller_than_k_takes_the_farthest():
    density = Neighbours(10, 50, 0)
    density.add(torch.eye(3))
    score = density.score(torch.tensor([[2.0, 0.0, 0.0]]), density.learned())
    assert score.item() == pytest.approx(2**0.5)


def test_rows_of_zeros_are_as_familiar_as_the_bank_knows_them():
    """|0 - 0| = 0 and |0 - b| = 1 for a direction b; the second nearest of another direction is the zero, at 1."""
    density = Neighbours(2, 50, 0)
    density.add(torch.tensor([[0.0, 0.0], [0.0, 0.0], [3.0, 0.0], [-2.0, 0.0]]))
    score = density.score(torch.tensor([[0.0, 0.0], [5.0, 0.0]]), density.learned())
    assert score.tolist() == pytest.approx([0.0, 1.0], abs=1e-6)
    alone = Neighbours(1, 50, 0)
    alone.add(torch.eye(2))
    assert alone.score(torch.zeros(1, 2), alone.learned()).item() == pytest.approx(1.0)
