"""Answers of relative networks, compared from a zero of each image: neither a factor nor a shift changes a score."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from gradunc.models import adapt
from gradunc.types import DepthPrediction, OutputSpace, Scale, UncertaintyEstimate, UncertaintyEstimator
from gradunc.uncertainty.empirical.ensemble import Ensemble
from gradunc.uncertainty.empirical.mc_dropout import MCDropout
from gradunc.uncertainty.posthoc.augmentations import AugmentationSpread
from gradunc.uncertainty.posthoc.flip import FlipDifference
from gradunc.uncertainty.posthoc.perturbed import InferenceDropout, NoisyFeatures
from tests.uncertainty.networks import noise

AFFINE = {one: OutputSpace(one, "affine") for one in ("depth", "disparity")}
PLAIN: dict[str, Any] = {"mean": (0.0,) * 3, "std": (1.0,) * 3}


class Head(nn.Module):
    """Output = factor * f(image) + shift, for one f above 0."""

    def __init__(self, factor: float, shift: float, seed: int = 3) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.block = nn.Conv2d(3, 4, 3, padding=1)
            self.last = nn.Conv2d(4, 1, 1)
        self.drop, self.factor, self.shift = nn.Dropout(0.3), factor, shift

    def forward(self, image: Tensor) -> Tensor:
        found = self.last(self.drop(self.block(image).tanh()))
        return self.factor * nn.functional.softplus(found) + self.shift


def network(module: nn.Module, space: OutputSpace = AFFINE["disparity"]) -> nn.Module:
    return adapt(module, DepthPrediction, space, **PLAIN).eval()


def ensemble(model: nn.Module, space: str) -> Ensemble:
    return Ensemble([model, network(Head(2.0, 1.0, 4), model.output_space)], space)  # pyright: ignore[reportArgumentType]


METHODS: dict[str, Callable[[nn.Module, str], UncertaintyEstimator]] = {
    "flip": FlipDifference,
    "blend": lambda model, space: FlipDifference(model, space, blend=True),
    "spread": lambda model, space: AugmentationSpread(model, space=space),
    "dropout": lambda model, space: InferenceDropout(model, layers=["block"], space=space, samples=2),
    "noise": lambda model, space: NoisyFeatures(model, layers=["block"], space=space, samples=2),
    "mc_dropout": lambda model, space: MCDropout(model, 2, space),
    "ensemble": ensemble,
}
OTHERS = [("disparity", "log_depth"), ("disparity", "depth"), ("depth", "log_depth"), ("depth", "disparity")]


def estimate(method: str, own: str, space: str, factor: float = 1.0, shift: float = 0.0) -> UncertaintyEstimate:
    return METHODS[method](network(Head(factor, shift), AFFINE[own]), space).estimate(noise(2, 12, 16))


@given(st.floats(0.01, 1000.0), st.floats(0.0, 100.0), st.sampled_from(OTHERS))
def test_a_factor_and_a_shift_change_no_flip_difference(factor: float, shift: float, spaces: tuple[str, str]) -> None:
    """A shift is a multiple of the factor, so that float32 can hold both."""
    _is_free_of(factor, shift, "flip", *spaces)


@pytest.mark.parametrize(("own", "space"), OTHERS)
@pytest.mark.parametrize("method", METHODS)
def test_nor_any_other_spread(method: str, own: str, space: str) -> None:
    _is_free_of(20.0, 7.0, method, own, space)


def _is_free_of(factor: float, shift: float, method: str, own: str, space: str) -> None:
    expected, found = estimate(method, own, space), estimate(method, own, space, factor, shift * factor)
    # What lies just at the edge of what the zero cuts off may fall to either side.
    both = expected.valid & found.valid
    assert both.float().mean() > 0.9
    assert (expected.valid == found.valid).float().mean() > 0.99
    a, b = (one.uncertainty[both] for one in (expected, found))
    torch.testing.assert_close(b, a, rtol=2e-2, atol=2e-3 * float(a.max()))
    depth = expected.depth * factor + shift * factor
    torch.testing.assert_close(found.depth[both], depth[both], rtol=1e-3, atol=1e-3 * float(depth.std()))


class Given(nn.Module):
    """Red as it is, and in the mirrored image (the first pixel is below the last one) green."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Identity()

    def forward(self, image: Tensor) -> Tensor:
        plain = image[:, :1] if float(image[0, 2, 0, 0]) == 0 else image[:, 1:2]
        return self.block(plain)


def pair(plain: Tensor, other: Tensor) -> Tensor:
    """(1,3,1,W) an image for `Given`: what it says (W,) as it is and, mirrored back, of the mirrored image."""
    blue = torch.linspace(0, 1, len(plain))
    return torch.stack([plain, other, blue])[None, :, None]


def test_by_hand() -> None:
    # 100 values 0 ... 0.99: least 0.02, mean 0.495, so that 0.5 lies 0.48 / 0.475 above it, and 0.51 0.49 / 0.475.
    values = torch.arange(100.0) / 100
    found = FlipDifference(network(Given(), AFFINE["depth"]), "log_depth").estimate(pair(values, values + 0.01))
    a, b = 0.48 / 0.475 + 0.1, 0.49 / 0.475 + 0.1
    expected = abs(torch.log(torch.tensor(a / b))) / 2**0.5
    torch.testing.assert_close(found.uncertainty[0, 0, 0, 50], expected, rtol=1e-4, atol=0)


def test_what_the_zero_cuts_off_is_unknown() -> None:
    # Least 0.03 of 200 values, whose mean is about 0.51; 0.05 of that distance lies below it at 0.006.
    values = torch.linspace(0.01, 1.0, 200)
    values[0] = 0.0
    found = FlipDifference(network(Given(), AFFINE["depth"]), "log_depth")
    valid = found.estimate(pair(values, values.clone())).valid.flatten()
    assert not valid[0]
    assert valid[1:].all()


@pytest.mark.parametrize("method", ["blend", "ensemble"])
def test_answers_that_agree_are_the_depth_also_where_the_zero_cuts_off(method: str) -> None:
    values = torch.linspace(0.5, 1.0, 200)
    values[0] = 0.0
    model = network(Given(), AFFINE["disparity"])
    judge = Ensemble([model, model], "log_depth") if method == "ensemble" else METHODS[method](model, "log_depth")
    found = judge.estimate(pair(values, values.clone()))
    torch.testing.assert_close(found.depth.flatten(), values, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("space", ["disparity", "depth", "log_depth"])
def test_outputs_at_a_limit_are_unknown(space: str) -> None:
    values = torch.linspace(0.2, 1.0, 100)
    values[:25] = 0.0
    estimator = FlipDifference(network(Given()), space)
    with pytest.warns(UserWarning, match=r"at 25.0% of the pixels .* at its limit \(0\), where nothing moves it"):
        valid = estimator.estimate(pair(values, values + 0.1)).valid.flatten()
    assert valid.nonzero()[:, 0].tolist() == [*range(25, 100)]


@pytest.mark.parametrize("ambiguity", ["metric", "scale"])
def test_of_other_networks_they_count(ambiguity: Any) -> None:
    values = torch.linspace(0.2, 1.0, 100)
    values[:25] = 0.0
    estimator = FlipDifference(network(Given(), OutputSpace("disparity", ambiguity)), "log_depth")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimator.estimate(pair(values, values + 0.1))
    assert found.valid.all()
    # What is below 0.001 counts as that: no zero of the image.
    floor = torch.tensor(0.001).log()
    expected = (torch.tensor(0.1).log() - floor).abs() / 2**0.5
    torch.testing.assert_close(found.uncertainty[0, 0, 0, 0], expected)


def test_masked_pixels_have_no_part_in_the_zero() -> None:
    values = torch.linspace(0.2, 1.0, 100)
    image, mask = pair(values, values * 0.9), torch.ones(1, 1, 1, 100, dtype=torch.bool)
    mask[..., :10] = False
    spoilt = image.clone()
    spoilt[:, :2, :, :10] = 1.0
    estimator = FlipDifference(network(Given()), "depth")
    expected, found = (estimator.estimate(one, mask=mask) for one in (image, spoilt))
    torch.testing.assert_close(found.uncertainty[mask], expected.uncertainty[mask])


def test_only_the_order_means_something() -> None:
    model = network(Head(1.0, 0.0))
    assert FlipDifference(model, "log_depth").scale == Scale()
    assert FlipDifference(model, "disparity").scale.kind == "std"
    assert FlipDifference(network(Head(1.0, 0.0), OutputSpace("disparity")), "log_depth").scale.kind == "std"
