"""Outputs that are known up to a factor and a shift: neither changes a score."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from gradunc.models import adapt
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.anchor import FLOOR, anchor
from tests.uncertainty.networks import noise

AFFINE = OutputSpace("disparity", "affine")


def test_the_mean_is_one_above_the_floor_and_the_least_at_it() -> None:
    # 100 values 0 ... 99: two of them, 2%, may be below the least output, which is the third.
    output = torch.arange(100.0).view(1, 1, 10, 10)
    found = anchor(output, AFFINE)
    assert found is not None
    assert found.least.item() == 2
    assert found.spread.item() == 49.5 - 2
    values = found.of(output).flatten()
    assert values[2] == pytest.approx(FLOOR)
    assert values[0] == pytest.approx(FLOOR - 2 / 47.5)
    assert values[99] == pytest.approx(97 / 47.5 + FLOOR)


def test_what_lies_far_below_is_still_above_zero() -> None:
    output = torch.ones(1, 1, 10, 10)
    output[..., 0, 0], output[..., 5:, :] = -1000.0, 2.0
    found = anchor(output, AFFINE)
    assert found is not None
    assert found.of(output).min() == pytest.approx(FLOOR / 2)


def test_an_output_without_structure() -> None:
    output = torch.full((1, 1, 4, 4), 3.0)
    found = anchor(output, AFFINE)
    assert found is not None
    assert torch.equal(found.of(output), torch.full_like(output, FLOOR))


@pytest.mark.parametrize("bad", [1e4, torch.inf, torch.nan])
def test_what_does_not_count_has_no_part_in_it(bad: float) -> None:
    output = torch.arange(100.0).view(1, 1, 10, 10)
    keep = torch.ones_like(output, dtype=torch.bool)
    more = torch.cat([output, torch.full_like(output, bad)], 2)
    expected, found = anchor(output, AFFINE), anchor(more, AFFINE, torch.cat([keep, ~keep], 2))
    assert expected is not None
    assert found is not None
    assert torch.equal(found.least, expected.least)
    assert torch.equal(found.spread, expected.spread)


def test_nothing_that_counts() -> None:
    output = torch.full((1, 1, 4, 4), torch.nan)
    found = anchor(output, AFFINE)
    assert found is not None
    assert found.of(torch.zeros(1, 1, 4, 4)).isfinite().all()


def test_the_sample_is_of_all_columns() -> None:
    """Of 512x512 pixels; every 64th of a row would be eight columns, with the mean 224."""
    output = torch.arange(512.0).expand(1, 1, 512, 512)
    found = anchor(output, AFFINE)
    assert found is not None
    assert found.spread.item() + found.least.item() == pytest.approx(255.5, rel=0.02)


@pytest.mark.parametrize("bad", [100.0, torch.inf, torch.nan])
@pytest.mark.parametrize("reference", ["flip", "none"])
def test_a_mask_hides_what_is_behind_it(reference: str, bad: float) -> None:
    """Scores far from the masked rows do not depend on the output there."""

    def estimate(value: float) -> Tensor:
        model = adapt(Spoilt(value), DepthPrediction, AFFINE, mean=(0.0,) * 3, std=(1.0,) * 3).eval()
        estimator = GradientUncertainty.recommended(model, layers=["block"], output="full", reference=reference)
        mask = torch.ones(1, 1, 16, 20, dtype=torch.bool)
        mask[..., :4, :] = False
        found = estimator.estimate(noise(1, 16, 20), mask=mask)
        assert found.valid[..., 8:, :].all()
        return found.uncertainty[..., 8:, :]

    torch.testing.assert_close(estimate(bad), estimate(1.0))


@pytest.mark.parametrize("space", [OutputSpace("depth", "metric"), OutputSpace("disparity", "scale")])
def test_other_spaces_have_a_zero_of_their_own(space: OutputSpace) -> None:
    assert anchor(noise(1, 4, 4)[:, :1], space) is None


class Head(nn.Module):
    """Output = factor * f(image) + shift, for one f above 0."""

    def __init__(self, factor: float, shift: float) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.block = nn.Conv2d(3, 4, 3, padding=1)
            self.last = nn.Conv2d(4, 1, 1)
        self.factor, self.shift = factor, shift

    def forward(self, image: Tensor) -> Tensor:
        return self.factor * torch.nn.functional.softplus(self.last(self.block(image).tanh())) + self.shift


class Spoilt(Head):
    """With a constant in the first four rows."""

    def __init__(self, value: float) -> None:
        super().__init__(1.0, 0.0)
        self.value = value

    def forward(self, image: Tensor) -> Tensor:
        output = super().forward(image)
        return torch.cat([torch.full_like(output[..., :4, :], self.value), output[..., 4:, :]], 2)


def scores(factor: float, shift: float, **changes: object) -> Tensor:
    plain = {"mean": (0.0,) * 3, "std": (1.0,) * 3}
    model = adapt(Head(factor, shift), DepthPrediction, AFFINE, **plain)  # pyright: ignore[reportArgumentType]
    return (
        GradientUncertainty.recommended(model.eval(), layers=["block", "last"], **changes)
        .estimate(noise(2, 12, 16))
        .uncertainty
    )


EXPECTED = {power: scores(1.0, 0.0, depth_power=power) for power in (0.0, 0.25)}


@given(st.floats(0.01, 1000.0), st.floats(0.0, 100.0), st.sampled_from([*EXPECTED]))
def test_a_factor_and_a_shift_change_no_score(factor: float, shift: float, power: float) -> None:
    """A shift is a multiple of the factor, so that float32 can hold both."""
    found = scores(factor, shift * factor, depth_power=power)
    torch.testing.assert_close(found, EXPECTED[power], rtol=2e-2, atol=2e-3 * float(EXPECTED[power].max()))


@pytest.mark.parametrize("loss", ["sensitivity", "sensitivity_depth", "squared_log"])
def test_every_loss_with_a_zero_is_free_of_the_shift(loss: str) -> None:
    torch.testing.assert_close(scores(1.0, 7.0, loss=loss), scores(1.0, 0.0, loss=loss), rtol=1e-2, atol=1e-4)
