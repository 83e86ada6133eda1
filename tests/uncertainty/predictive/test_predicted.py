"""What a network says of itself: every kind by hand, its unit, and its polarity against true errors."""

import math
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.own_uncertainty import Kind, OwnUncertainty
from gradunc.types import DepthPrediction, OutputSpace, Scale
from gradunc.uncertainty.predictive.own_spread import own_spread
from gradunc.uncertainty.predictive.predicted import Predicted
from tests.uncertainty.networks import row

SIGMAS = (0.5, 1.0, 3.0)
"""Standard deviations that a network of each kind says of three pixels."""

SAYING: dict[str, Any] = {
    "laplace": lambda std: (std / math.sqrt(2)).log(),
    "gaussian": lambda std: std.log(),
    # Of variance v an eighth is of the mean: nu = 7; alpha = 3, beta = 2 * 7 / 8 v.
    "evidential": lambda std: torch.cat(
        [torch.full_like(std, 7), torch.full_like(std, 3), 2 * 7 / 8 * std.square()], 1
    ),
    "std": lambda std: std,
    "variance": lambda std: std.square(),
    "log_variance": lambda std: 2 * std.log(),
    "photometric": lambda std: std.log(),
    "log_scale": lambda std: std.log(),
    "reprojection": lambda std: std,
    "error": lambda std: std,
    "confidence": lambda std: 1 - std / 10,
}
"""Kind -> the output by which it says a standard deviation; for scores, something of the same order."""
SPREADS = ("laplace", "gaussian", "evidential", "std", "variance", "log_variance")


class Telling(nn.Module):
    """Depth = red; the second output says that ten times red is the standard deviation."""

    def __init__(self, kind: str, quantity: str = "depth", space: OutputSpace | None = None) -> None:
        super().__init__()
        self.own_uncertainty = OwnUncertainty(kind, quantity)  # pyright: ignore[reportArgumentType]
        self.output_space = space or OutputSpace("depth", "metric")

    def forward(self, image: Tensor) -> DepthPrediction:
        own, told = self.own_uncertainty, SAYING[self.own_uncertainty.kind](10 * image[:, :1])
        if own.place == "log_scale":
            return DepthPrediction(image[:, :1], log_scale=told)
        return DepthPrediction(image[:, :1], extras={own.place: told})


def says(*stds: float) -> Tensor:
    """An image whose red is a tenth of standard deviations."""
    return row(*(value / 10 for value in stds))


def test_every_kind_is_tested() -> None:
    assert set(SAYING) == set(get_args(Kind))
    assert set(SPREADS) == {kind for kind in SAYING if OwnUncertainty(kind).is_spread}  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("kind", SPREADS)
def test_a_spread_is_a_standard_deviation_in_its_unit(kind: str) -> None:
    estimator = Predicted(Telling(kind).eval())
    assert estimator.scale == Scale("std", "m", "depth")
    estimate = estimator.estimate(says(*SIGMAS))
    torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor(SIGMAS))
    assert estimate.valid.all()
    assert estimate.aleatoric is not None
    if kind != "evidential":
        assert estimate.epistemic is None
        torch.testing.assert_close(estimate.aleatoric, estimate.uncertainty)


@pytest.mark.parametrize("kind", sorted(set(SAYING) - set(SPREADS)))
def test_other_outputs_are_scores(kind: str) -> None:
    estimator = Predicted(Telling(kind).eval())
    assert estimator.scale == Scale()
    assert estimator.estimate(says(*SIGMAS)).aleatoric is None


@pytest.mark.parametrize("kind", SAYING)
def test_high_is_worse(kind: str) -> None:
    """Errors are drawn with the standard deviations that the network says: where it says more, they are larger."""
    draw = torch.Generator().manual_seed(0)
    std = 0.2 + 5 * torch.rand(4000, generator=draw)
    error = (std * torch.randn(4000, generator=draw)).abs()
    score = Predicted(Telling(kind).eval()).estimate(says(*std.tolist())).uncertainty.flatten()
    upper = score > score.median()
    assert error[upper].mean() > 2 * error[~upper].mean()


def test_evidential_parts() -> None:
    model = Telling("evidential").eval()
    image, variance = says(*SIGMAS), torch.tensor(SIGMAS) ** 2
    whole = Predicted(model).estimate(image)
    assert whole.aleatoric is not None
    assert whole.epistemic is not None
    torch.testing.assert_close(whole.aleatoric.flatten() ** 2, 7 / 8 * variance)
    torch.testing.assert_close(whole.epistemic.flatten() ** 2, 1 / 8 * variance)
    for part in ("aleatoric", "epistemic"):
        assert torch.equal(Predicted(model, part).estimate(image).uncertainty, getattr(whole, part))


@pytest.mark.parametrize(
    ("quantity", "space", "unit"),
    [
        ("log_depth", OutputSpace("depth", "scale"), "log depth"),
        ("disparity", OutputSpace("depth", "metric"), "1/m"),
        ("depth", OutputSpace("depth", "scale"), "arbitrary (up to scale)"),
    ],
)
def test_the_unit_is_that_of_the_quantity(quantity: str, space: OutputSpace, unit: str) -> None:
    model = Telling("gaussian", quantity, space).eval()
    assert Predicted(model).scale == Scale("std", unit, quantity)  # pyright: ignore[reportArgumentType]
    found = own_spread(model, model(says(*SIGMAS)))
    assert found is not None
    assert found.quantity == quantity


@pytest.mark.parametrize(("kind", "std"), [("variance", 2.0), ("std", 4.0)])
def test_what_is_not_finite_or_negative_is_unknown(kind: str, std: float) -> None:
    model = Telling(kind).eval()
    told = {kind: torch.tensor([[[[4.0, -1.0, math.nan, math.inf]]]])}
    model.forward = lambda image: DepthPrediction(image[:, :1], extras=told)  # pyright: ignore[reportAttributeAccessIssue]
    estimate = Predicted(model).estimate(says(1, 1, 1, 1))
    assert estimate.valid.flatten().tolist() == [True, False, False, False]
    assert estimate.uncertainty.flatten().tolist() == [std, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ({}, "declares an output 'sigma' .* its extras: none"),
        ({"other": torch.ones(1, 1, 1, 3)}, "its extras: other"),
        ({"sigma": torch.ones(1, 2, 1, 3)}, r"is \(1, 2, 1, 3\), which must be \(B,1,H,W\)"),
        ({"sigma": torch.ones(1, 1, 1, 2)}, r"\(1, 1, 1, 2\)"),
    ],
)
def test_a_prediction_without_what_is_declared(output: dict[str, Tensor], message: str) -> None:
    model = Telling("std").eval()
    model.own_uncertainty = OwnUncertainty("std", output="sigma")
    model.forward = lambda image: DepthPrediction(image[:, :1], extras=output)  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(InputError, match=message):
        Predicted(model).estimate(says(*SIGMAS))


def test_networks_and_parts_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="predicts no uncertainty of its own"):
        Predicted(nn.Conv2d(3, 1, 1))
    with pytest.raises(InputError, match="a laplace head does not separate it; set part=total"):
        Predicted(Telling("laplace"), "epistemic")
    with pytest.raises(InputError, match="unknown part 'aleatoric_part'"):
        Predicted(Telling("evidential"), "aleatoric_part")
    with pytest.raises(InputError, match="did you mean 'confidence'"):
        OwnUncertainty("confidense")  # pyright: ignore[reportArgumentType]
