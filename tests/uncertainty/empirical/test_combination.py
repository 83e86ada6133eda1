"""Networks that predict a spread of their own: law of total variance, and the published sum."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.own_uncertainty import Kind, OwnUncertainty
from gradunc.types import QUANTITIES, DepthPrediction, OutputSpace, Quantity, Scale
from gradunc.uncertainty import Ensemble
from tests.helpers import random_images, tiny_model
from tests.uncertainty.networks import row

METRIC = OutputSpace("depth", "metric")


class Sure(nn.Module):
    """The given depths (W,), and how sure the network is of them."""

    def __init__(
        self,
        depth: list[float],
        scale: list[float],
        kind: Kind = "gaussian",
        quantity: Quantity = "depth",
        space: OutputSpace = METRIC,
    ) -> None:
        super().__init__()
        self.own_uncertainty, self.output_space = OwnUncertainty(kind, quantity), space
        self.register_buffer("depth", torch.tensor(depth).view(1, 1, 1, -1))
        self.register_buffer("h", torch.tensor(scale).log().view(1, 1, 1, -1))

    def forward(self, image: Tensor) -> DepthPrediction:
        depth, h = (one.expand(len(image), 1, 1, -1) for one in (self.depth, self.h))
        if self.own_uncertainty.kind == "evidential":
            nu, alpha, beta = (torch.full_like(depth, value) for value in (2.0, 3.0, 4.0))
            return DepthPrediction(depth, extras={"evidential": torch.cat([nu, alpha, beta], 1)})
        return DepthPrediction(depth, log_scale=h)


def estimate(members: list[nn.Module], space: str = "depth", **options: Any):
    width = members[0].depth.shape[-1]
    return Ensemble(members, space, **options).estimate(row(*[0.5] * width))


def test_by_hand():
    # Means 2 and 4, variances 1/4 and 1: (1/4 + 1) / 2 + 1.
    found = estimate([Sure([2.0], [0.5]), Sure([4.0], [1.0])])
    assert found.depth.item() == 3.0
    assert found.aleatoric.item() == pytest.approx(math.sqrt(0.625))
    assert found.epistemic.item() == pytest.approx(1.0)
    assert found.uncertainty.item() == pytest.approx(math.sqrt(1.625))


@pytest.mark.parametrize("kind", ["gaussian", "laplace"])
def test_against_a_sampled_mixture(kind):
    """The variance of draws, each from a member of chance."""
    random = np.random.default_rng(0)
    depth, scale = random.uniform(2, 6, (5, 3)), random.uniform(0.2, 1.5, (5, 3))
    members = [Sure(d.tolist(), s.tolist(), kind) for d, s in zip(depth, scale, strict=True)]
    chosen = random.integers(0, 5, 400_000)
    draw = random.normal if kind == "gaussian" else random.laplace
    expected = draw(depth[chosen], scale[chosen]).std(0)
    np.testing.assert_allclose(estimate(members).uncertainty.flatten().numpy(), expected, rtol=0.01)


@pytest.mark.parametrize("space", QUANTITIES)
@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("output", ["depth", "disparity"])
def test_spreads_of_another_quantity(output, quantity, space):
    """Against draws of that quantity, turned into the one that is asked for; narrow ones, where the slope is enough."""
    change = {"depth": lambda d: d, "disparity": lambda d: 1 / d, "log_depth": np.log}
    undo = {"depth": lambda q: q, "disparity": lambda q: 1 / q, "log_depth": np.exp}
    depth, share = 4.0, 0.01
    sigma = share * (1.0 if quantity == "log_depth" else change[quantity](depth))
    made = [depth if output == "depth" else 1 / depth]
    # Two members that agree, for all but the weights.
    members = [Sure(made, [sigma], quantity=quantity, space=OutputSpace(output, "metric")) for _ in range(2)]
    draws = np.random.default_rng(0).normal(change[quantity](depth), sigma, 200_000)
    expected = change[space](undo[quantity](draws)).std()
    found = estimate(members, space)
    assert found.uncertainty.item() == pytest.approx(expected, rel=0.01)
    assert found.epistemic.item() == pytest.approx(0.0, abs=1e-6)


def test_members_that_separate_the_parts():
    # NIG with nu 2, alpha 3, beta 4: aleatoric beta / (alpha - 1) = 2, epistemic beta / (nu (alpha - 1)) = 1.
    found = estimate([Sure([2.0], [1.0], "evidential"), Sure([4.0], [1.0], "evidential")])
    assert found.aleatoric.item() == pytest.approx(math.sqrt(2))
    assert found.epistemic.item() == pytest.approx(math.sqrt(1 + 1))
    assert found.uncertainty.item() == pytest.approx(2.0)


def test_spreads_are_brought_to_the_scale_of_the_first_one():
    free = OutputSpace("depth", "scale")
    one = Sure([2.0, 3.0, 4.0], [0.5, 0.5, 1.0], space=free)
    other = Sure([6.0, 9.0, 12.0], [1.5, 1.5, 3.0], space=free)
    found = estimate([one, other])
    torch.testing.assert_close(found.uncertainty.flatten(), torch.tensor([0.5, 0.5, 1.0]))
    torch.testing.assert_close(found.depth.flatten(), torch.tensor([2.0, 3.0, 4.0]))


def test_higher_is_worse():
    """Of four pixels the members know one, doubt one, contradict one another at one, and do both at the last."""
    truth = torch.tensor([4.0, 4.4, 5.0, 6.5])
    members = [Sure([4.0, 4.0, 3.5, 3.0], [0.01, 0.3, 0.01, 0.8]), Sure([4.0, 4.0, 4.5, 5.0], [0.01, 0.3, 0.01, 0.8])]
    found = estimate(members)
    error = (found.depth.flatten() - truth).abs()
    assert found.uncertainty.flatten().argsort().tolist() == error.argsort().tolist() == [0, 1, 2, 3]


def published(depth: float, scale: float, kind: Kind = "laplace", nearest: float = 0.1) -> Sure:
    network = Sure([depth], [scale], kind)
    network.settings = SimpleNamespace(head="disparity", depth_range=(nearest, 100.0))
    return network


def test_the_published_sum():
    """torch.var of s with v = 0.01 + 9.99 s, plus the sum of exp(h)^2, at h = log 0.2 and log 0.3."""
    members = [published(2.0, 0.2), published(4.0, 0.3)]
    sigmoids = torch.tensor([(1 / 2 - 0.01) / 9.99, (1 / 4 - 0.01) / 9.99])
    expected = torch.var(sigmoids).item() + 0.2**2 + 0.3**2
    found = Ensemble(members, combination="published_sum")
    result = found.estimate(row(0.5))
    assert result.uncertainty.item() == pytest.approx(expected, rel=1e-5)
    assert result.depth.item() == pytest.approx(8 / 3)
    assert found.scale == Scale()
    assert result.aleatoric is None
    assert result.epistemic is None


def test_the_published_sum_takes_heads_without_a_unit():
    members = [published(2.0, 0.2, "photometric"), published(2.0, 0.3, "photometric")]
    found = Ensemble(members, combination="published_sum").estimate(row(0.5))
    assert found.uncertainty.item() == pytest.approx(0.13)
    assert Ensemble(members).combination == "epistemic", "no spread of depth"


def test_what_auto_means():
    sure, other, unsure = Sure([2.0], [0.5]), Sure([4.0], [0.5]), Sure([4.0], [0.5])
    del unsure.own_uncertainty
    found = Ensemble([sure, other])
    assert found.combination == "total_variance"
    assert found.notes == ("combination=auto took total_variance: every member predicts a spread of its own",)
    assert Ensemble([sure, unsure]).combination == "epistemic"
    alone = estimate([sure, other], combination="epistemic")
    assert alone.uncertainty.item() == pytest.approx(math.sqrt(2))
    assert alone.aleatoric is None


@pytest.mark.parametrize(
    ("members", "options", "message"),
    [
        (
            [published(2.0, 0.2, "photometric")] * 2,
            {"combination": "total_variance"},
            "all predict a standard deviation",
        ),
        (
            [Sure([2.0], [1.0], space=OutputSpace("depth", "affine"))] * 2,
            {"combination": "total_variance"},
            "known up to no shift",
        ),
        ([Sure([2.0], [1.0], "evidential")] * 2, {"combination": "published_sum"}, "all predict a log scale"),
        ([Sure([2.0], [1.0])] * 2, {"combination": "published_sum"}, "networks with a disparity head of one range"),
        ([published(2.0, 1.0), published(2.0, 1.0, nearest=1.0)], {"combination": "published_sum"}, "of one range"),
        ([published(2.0, 1.0)] * 2, {"combination": "published_sum", "space": "depth"}, "needs space=disparity"),
        ([Sure([2.0], [1.0])] * 2, {"combination": "sum"}, "unknown combination 'sum'"),
    ],
)
def test_combinations_that_members_do_not_allow(members, options, message):
    with pytest.raises(InputError, match=message):
        Ensemble(members, **options)


def test_networks_with_a_likelihood_head():
    members = [tiny_model(seed=seed, uncertainty_head="laplace", ambiguity="metric") for seed in (0, 1)]
    found = Ensemble(members).estimate(random_images(2))
    assert found.aleatoric is not None
    assert found.epistemic is not None
    assert found.valid.all()
    torch.testing.assert_close(found.uncertainty.square(), found.aleatoric.square() + found.epistemic.square())
    assert found.aleatoric.min() > 0
    assert found.epistemic.max() > 0
