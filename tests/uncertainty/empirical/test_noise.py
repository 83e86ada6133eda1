"""Ensembles over noise: the pipeline's own merging and uncertainty, a network made by hand, and who is refused."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc import InputError, OutputSpace, adapt, adapt_marigold
from gradunc.types import DepthPrediction, Scale
from gradunc.uncertainty import GradientUncertainty, NoiseEnsemble, cost_in_forwards, shared_passes
from gradunc.uncertainty.empirical.merging import merge
from tests.models.adapters.marigold_networks import asked, marigold, seeds
from tests.uncertainty.networks import noise

METRIC = OutputSpace("depth", "metric")


@pytest.mark.parametrize("reduction", ["median", "mean"])
@pytest.mark.parametrize("shifted", [True, False])
def test_uncertainty_is_that_of_the_pipeline(reduction: str, shifted: bool) -> None:
    """Of the same noise, for each image of a batch."""
    pipeline, image = marigold(shift_invariant=shifted), noise(2, 45, 61)
    expected = asked(
        pipeline,
        image,
        ensemble_size=4,
        generator=seeds(*range(4), *range(4)),
        output_uncertainty=True,
        ensembling_kwargs={"reduction": reduction},
    )
    estimate = NoiseEnsemble(adapt_marigold(pipeline), 4, reduction).estimate(image)
    assert expected.uncertainty.max() > 0.01
    torch.testing.assert_close(estimate.uncertainty, expected.uncertainty, rtol=0, atol=1e-4)
    torch.testing.assert_close(estimate.depth, expected.prediction, rtol=0, atol=1e-4)
    assert estimate.valid.all()


def test_without_iterations_the_extremes_are_aligned_and_rounding_does_not_matter() -> None:
    """The optimiser differentiates in float32 by steps below its resolution."""
    torch.manual_seed(0)
    members = torch.rand(4, 1, 24, 32)
    low, high = members.amin((1, 2, 3), keepdim=True), members.amax((1, 2, 3), keepdim=True)
    aligned = (members - low) / (high - low)
    middle = aligned.median(0, keepdim=True).values
    spread = (aligned - middle).abs().median(0, keepdim=True).values / (middle.max() - middle.min())
    space = OutputSpace("depth", "affine")
    depth, uncertainty = merge(members, space, "median", 0)
    torch.testing.assert_close(depth, (middle - middle.min()) / (middle.max() - middle.min()))
    torch.testing.assert_close(uncertainty, spread)
    _, again = merge(members + 1e-6 * torch.randn_like(members), space, "median", 0)
    torch.testing.assert_close(again, uncertainty, rtol=0, atol=1e-5)


class Dial(nn.Module):
    """Depth = 1 + red, plus green times what the seed is in `said`."""

    def __init__(self, said: Callable[[int], float] = float, space: OutputSpace = METRIC) -> None:
        super().__init__()
        self.output_space, self.said, self.noise_seed = space, said, 0
        self.seen: list[int] = []

    def forward(self, image: Tensor, noise_seed: int = 0) -> DepthPrediction:
        self.seen.append(noise_seed)
        return DepthPrediction(1 + image[:, :1] + self.said(noise_seed) * image[:, 1:2])


def test_metric_members_by_hand() -> None:
    """Five members are off by 0, 1, 2, 3 and 4 times green: the median is 2 of them off, its deviations 2 1 0 1 2."""
    image = noise(1, 3, 4)
    green = image[:, 1:2]
    estimate = NoiseEnsemble(Dial(), 5).estimate(image)
    torch.testing.assert_close(estimate.depth, 1 + image[:, :1] + 2 * green)
    torch.testing.assert_close(estimate.uncertainty, green)
    estimate = NoiseEnsemble(Dial(), 5, "mean").estimate(image)
    torch.testing.assert_close(estimate.uncertainty, 2.5**0.5 * green)
    estimate = NoiseEnsemble(Dial(), 5, merged=False).estimate(image)
    torch.testing.assert_close(estimate.depth, 1 + image[:, :1])


@pytest.mark.parametrize("space", [METRIC, OutputSpace(), OutputSpace("disparity", "affine")])
@pytest.mark.parametrize("reduction", ["median", "mean"])
def test_high_is_where_members_disagree(space: OutputSpace, reduction: str) -> None:
    """Noise moves the left half only, whose depth is never an extreme of the image: those set the scale of a member."""
    image = noise(1, 6, 8)
    image[:, 1, :, :4], image[:, 1, :, 4:] = 1.0, 0.0
    image[:, 0, :, :4], image[:, 0, 0, 4], image[:, 0, 0, 5] = 0.4, 0.0, 1.0
    model = Dial(lambda seed: 0.1 * (seed % 3), space)
    uncertainty = NoiseEnsemble(model, 5, reduction).estimate(image).uncertainty
    assert uncertainty[..., :4].min() > uncertainty[..., 4:].max()


def test_members_are_the_seeds_from_the_networks_own_on() -> None:
    model, image = Dial(), noise(2, 3, 4)
    model.noise_seed = 5
    NoiseEnsemble(model, 3).estimate(image)
    assert model.seen == [0, 0, 6, 7, 6, 7], "two plain passes, which the network seeds itself, then the others"
    model.seen.clear()
    NoiseEnsemble(model, 2).estimate(image[:1], noise_seed=9)
    assert model.seen == [9, 10]


def test_the_plain_pass_is_shared() -> None:
    model, image = adapt_marigold(marigold()), noise(1, 16, 24)
    with shared_passes() as passes:
        GradientUncertainty(model, "auto", "none", "sensitivity").estimate(image)
        NoiseEnsemble(model, 2).estimate(image)
        NoiseEnsemble(model, 3, "mean").estimate(image)
    assert passes.reused == 1
    assert cost_in_forwards(NoiseEnsemble(model, 3), image) == pytest.approx(3)


def test_what_is_not_finite_is_not_known() -> None:
    model = Dial(lambda seed: torch.nan if seed == 1 else 0.0, OutputSpace())
    estimate = NoiseEnsemble(model, 3).estimate(noise(1, 3, 4))
    assert not estimate.valid.any()
    assert estimate.depth.isfinite().all()
    assert (estimate.uncertainty == 0).all()


def test_what_the_numbers_are() -> None:
    affine = Dial(space=OutputSpace("depth", "affine"))
    assert NoiseEnsemble(Dial(), 3).scale == Scale(), "a median absolute deviation is no standard deviation"
    assert NoiseEnsemble(Dial(), 3, "mean").scale == Scale("std", "m", "depth")
    assert NoiseEnsemble(affine, 3, "mean").scale == Scale("std", "arbitrary (up to affine)", "depth")
    assert NoiseEnsemble(affine, 3, "mean", merged=False).scale == Scale(), "depth has another unit"


def test_any_module_that_draws_noise_is_adapted() -> None:
    class Drawing(nn.Module):
        def forward(self, image: Tensor, noise_seed: int) -> Tensor:
            return image[:, :1] + torch.rand(1, generator=torch.Generator().manual_seed(noise_seed))

    model = adapt(Drawing(), lambda depth: depth, METRIC, mean=(0,) * 3, std=(1,) * 3, noise_seed=3)
    image = noise(1, 4, 5)
    draws = torch.stack([torch.rand(1, generator=one) for one in seeds(3, 4, 5)])
    torch.testing.assert_close(model(image).depth, image[:, :1] + draws[0])
    torch.testing.assert_close(NoiseEnsemble(model, 3).estimate(image).depth, image[:, :1] + draws.median())
    assert model.description()["noise_seed"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"members": 1}, "members=1 must be at least 2"),
        ({"reduction": "max"}, r"unknown reduction 'max'.*choices: mean, median"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        NoiseEnsemble(Dial(), **options)


def test_a_network_without_noise_is_refused() -> None:
    model = adapt(nn.Conv2d(3, 1, 1), lambda depth: depth, METRIC, mean=(0,) * 3, std=(1,) * 3)
    with pytest.raises(InputError, match=r"the network draws no noise.*adapt\(\.\.\., noise_seed=SEED\)"):
        NoiseEnsemble(model)


@pytest.mark.parametrize("package", ["diffusers.pipelines.marigold.pipeline_marigold_depth", "scipy.optimize"])
def test_a_free_scale_needs_the_program(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"not installed; run pip install 'gradunc\[diffusers\]'"):
        NoiseEnsemble(Dial(space=OutputSpace()))
    NoiseEnsemble(Dial())
