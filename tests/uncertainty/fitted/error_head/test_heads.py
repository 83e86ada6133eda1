"""Linear heads: closed forms by NumPy, and known noise."""

import numpy as np
import pytest
import torch

from gradunc.ops.evidential import evidence
from gradunc.uncertainty.fitted.error_head.heads import evidential, ridge


def table(n: int = 500, d: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(n, d, generator=generator) * torch.tensor([1.0, 100.0, 1e-3, 5.0]) + 3
    return features, torch.randn(n, generator=generator)


def test_ridge_without_strength_is_least_squares():
    features, target = table()
    design = np.column_stack([features.double().numpy(), np.ones(len(features))])
    expected = np.linalg.lstsq(design, target.double().numpy(), rcond=None)[0]
    head = ridge(features, target, 0.0)
    np.testing.assert_allclose(head(features)[:, 0], design @ expected, atol=1e-4)


def test_ridge_is_the_solution_of_its_normal_equations():
    """Second implementation: the whole table at once, on standardised features."""
    features, target = table()
    x, y = features.double().numpy(), target.double().numpy()
    z = (x - x.mean(0)) / x.std(0)
    weight = np.linalg.solve(z.T @ z / len(z) + 0.3 * np.eye(4), z.T @ (y - y.mean()) / len(z))
    np.testing.assert_allclose(ridge(features, target, 0.3)(features)[:, 0], z @ weight + y.mean(), atol=1e-4)


def test_features_that_repeat_one_another_or_are_constant_do_no_harm():
    features, _ = table()
    double = torch.cat([features, features, torch.full((len(features), 1), 7.0)], 1)
    target = features @ torch.tensor([0.5, 0.01, 100.0, -1.0]) + 2
    for strength in (0.0, 1e-6):
        found = ridge(double, target, strength)(double)[:, 0]
        torch.testing.assert_close(found, target, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize("strength", [0.0, 1e-3])
def test_what_varies_by_rounding_has_no_weight(strength):
    """Deep features of a network that hardly answers: large, and moved by a few roundings of float32."""
    features, target = table()
    steady = 300 * (1 + 2e-6 * torch.randn(len(features), 2, generator=torch.Generator().manual_seed(1)))
    head = ridge(torch.cat([features, steady], 1), target, strength)
    assert head.weight[0, -2:].tolist() == [0, 0]
    torch.testing.assert_close(head.weight[:, :-2], ridge(features, target, strength).weight)


def test_evidence_of_two_kinds_of_pixels():
    """Gaussian errors of 0.5 and 2; without a regulariser the variance of the Student-t is theirs."""
    torch.manual_seed(0)
    kind = (torch.rand(20_000) < 0.5).float()
    error = torch.randn(20_000) * (0.5 + 1.5 * kind)
    head, (first, last) = evidential(kind[:, None], error, 0.0, 400, 0.05)
    assert last < first
    told = evidence(head(torch.tensor([[0.0], [1.0]]))[..., None, None])
    std = (told.aleatoric + told.epistemic).sqrt().flatten().tolist()
    assert std == pytest.approx([0.5, 2.0], rel=0.08)


def test_the_regulariser_lowers_evidence():
    """It costs |e| (2 nu + alpha): the epistemic part, beta / (nu (alpha - 1)), grows."""
    torch.manual_seed(0)
    error = torch.randn(5000)
    features = torch.randn(5000, 1)
    parts = []
    for weight in (0.0, 1.0):
        head, _ = evidential(features, error, weight, 200, 0.05)
        told = evidence(head(features[:1])[..., None, None])
        parts.append(float(told.epistemic / told.aleatoric))
    assert parts[1] > 2 * parts[0]
