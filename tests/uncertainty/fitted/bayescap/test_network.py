"""Omega: its published size, and that it learns whatever the start."""

import pytest
import torch

from gradunc.uncertainty.fitted.bayescap.estimator import BayesCap, Map
from gradunc.uncertainty.fitted.bayescap.likelihood import SMALLEST_BETA, std
from gradunc.uncertainty.fitted.bayescap.network import Omega
from tests.uncertainty.networks import integer_network


def omega(**options):
    return Omega(
        **{"blocks": 2, "width": 8, "kernel": 3, "alpha_eps": 1e-5, "beta_eps": 1e-2, "batch_norm": False, **options}
    )


def test_the_published_size():
    """Weights and biases by hand: 81 w + w, 16 blocks of 2 (9 w^2 + w), 9 w^2 + w, 81 w + 1, two heads of
    2 (81 w^2 + w) + 81 w + 1; BatchNorm 2 w in 33 places; PReLU 1 in 1 + 16 + 4.
    """
    w = 64
    convolutions = 82 * w + 33 * (9 * w**2 + w) + 81 * w + 1 + 2 * (2 * (81 * w**2 + w) + 81 * w + 1)
    network = omega(blocks=16, width=64, kernel=9, batch_norm=True)
    assert sum(p.numel() for p in network.parameters()) == convolutions + 33 * 2 * w + 21


def test_beta_counts_as_its_least_value_and_can_come_back():
    network = omega()
    torch.nn.init.zeros_(network.beta[-1].weight)
    torch.nn.init.constant_(network.beta[-1].bias, -30.0)
    cap = network(torch.rand(1, 1, 8, 8))
    torch.testing.assert_close(cap.beta, torch.full_like(cap.beta, SMALLEST_BETA))
    torch.nn.init.constant_(network.beta[-1].bias, -4.0)
    cap = network(torch.rand(1, 1, 8, 8))
    torch.testing.assert_close(cap.beta, torch.full_like(cap.beta, SMALLEST_BETA))
    cap.beta.sum().backward()
    assert float(network.beta[-1].bias.grad) > 0
    assert std(cap.inverse_alpha, cap.beta).isfinite().all()


@pytest.mark.parametrize(("likelihood", "batch_norm"), [("paper", False), ("paper", True), ("released", False)])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_two_hundred_steps_from_random_weights_have_no_nan(likelihood, batch_norm, precision):
    """Targets with outliers and perfect pixels, a step size ten times the default."""
    torch.manual_seed(0)
    network = omega(blocks=1, batch_norm=batch_norm)
    estimator = BayesCap(integer_network(), likelihood=likelihood)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(200):
        answer = torch.randn(2, 1, 12, 12)
        truth = answer + torch.where(torch.rand_like(answer) < 0.02, 20.0, 0.3) * torch.randn_like(answer)
        truth[..., :4] = answer[..., :4]
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            loss = estimator.loss(network, Map(answer, answer < 9, truth, torch.rand_like(answer) < 0.5))
        assert loss.isfinite()
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())
        optimizer.step()
    assert all(p.isfinite().all() for p in network.parameters())
    cap = network.eval()(torch.randn(1, 1, 12, 12))
    assert std(cap.inverse_alpha, cap.beta).isfinite().all()


def test_a_constant_answer_has_no_frame():
    """Zeros beyond the border would make one."""
    torch.manual_seed(0)
    cap = omega().eval()(torch.full((1, 1, 12, 14), 2.0))
    for values in cap:
        torch.testing.assert_close(values, values.mean().expand_as(values))
