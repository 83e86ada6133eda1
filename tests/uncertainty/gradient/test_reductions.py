"""Reductions by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.errors import InputError
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.reductions import ACROSS_LAYERS, CHANNELS, NORMALIZE, by_mean, minmax, weighted
from tests.uncertainty.networks import Pyramid, added_gradients, flipped_depth, noise
from tests.uncertainty.split_networks import Split

NAN, INF = math.nan, math.inf


def one_row(*values: float) -> Tensor:
    return torch.tensor(values).view(1, 1, 1, -1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("max", [3.0, -1.0]),
        ("absmax", [4.0, 2.0]),
        ("mean", [-0.5, -1.5]),
        ("sum", [-1.0, -3.0]),
        ("norm", [5, 5**0.5]),
    ],
)
def test_channels_by_hand(name: str, expected: list[float]) -> None:
    gradient = torch.tensor([[3.0, -1.0], [-4.0, -2.0]]).view(1, 2, 1, 2)

    torch.testing.assert_close(CHANNELS[name](gradient), one_row(*expected))


@pytest.mark.parametrize(("name", "expected"), [("std", [2**0.5, 0.0]), ("max", [3.0, 5.0]), ("mean", [1.0, 5.0])])
def test_across_layers_by_hand(name: str, expected: list[float]) -> None:
    maps = torch.stack([one_row(0.0, 5.0), one_row(0.0, 5.0), one_row(3.0, 5.0)])  # std of 0,0,3: sqrt(18/9)

    torch.testing.assert_close(ACROSS_LAYERS[name](maps), one_row(*expected))


def test_geometric_by_hand() -> None:
    # 1 x 8 x 27 = 6^3; a zero counts as 1e-6, so 1e-6 x 1 x 1 = (1e-2)^3.
    maps = torch.stack([one_row(1.0, 0.0), one_row(8.0, 1.0), one_row(27.0, 1.0)])

    torch.testing.assert_close(ACROSS_LAYERS["geometric"](maps), one_row(6.0, 1e-2))


def test_identical_maps_have_std_zero_and_are_their_own_max_and_mean() -> None:
    one = one_row(0.1, 0.7, 0.3)
    maps = torch.stack([one, one, one])

    assert torch.equal(ACROSS_LAYERS["max"](maps), one)
    torch.testing.assert_close(ACROSS_LAYERS["mean"](maps), one)
    torch.testing.assert_close(ACROSS_LAYERS["std"](maps), torch.zeros_like(one), atol=1e-7, rtol=0)


def test_minmax_scales_each_image_by_itself() -> None:
    maps = torch.cat([one_row(-1.0, 0.0, 3.0), one_row(100.0, 300.0, 200.0)])

    assert minmax(maps).flatten(1).tolist() == [[0.0, 0.25, 1.0], [0.0, 1.0, 0.5]]


@pytest.mark.parametrize("value", [0.0, -7.5, 1e30])
def test_minmax_of_a_constant_map_is_zeros(value: float) -> None:
    assert torch.equal(minmax(torch.full((2, 1, 3, 4), value)), torch.zeros(2, 1, 3, 4))


def test_minmax_keeps_unknown_cells_unknown_and_scales_the_rest() -> None:
    scaled = minmax(one_row(1.0, NAN, 3.0, INF, 2.0, -INF)).flatten()

    assert scaled[[0, 2, 4]].tolist() == [0.0, 1.0, 0.5]
    assert not scaled[[1, 3, 5]].isfinite().any()
    assert not minmax(one_row(NAN, INF)).isfinite().any()


def test_by_mean_divides_each_image_by_its_mean_magnitude() -> None:
    maps = torch.cat([one_row(-1.0, 0.0, 5.0), one_row(100.0, 300.0, 200.0)])

    assert by_mean(maps).flatten(1).tolist() == [[-0.5, 0.0, 2.5], [0.5, 1.5, 1.0]]


def test_by_mean_of_zeros_is_zeros_and_unknown_cells_do_not_count() -> None:
    assert torch.equal(by_mean(torch.zeros(2, 1, 3, 4)), torch.zeros(2, 1, 3, 4))
    scaled = by_mean(one_row(1.0, NAN, 3.0, INF, 2.0, -INF)).flatten()
    assert scaled[[0, 2, 4]].tolist() == [0.5, 1.5, 1.0]
    assert not scaled[[1, 3, 5]].isfinite().any()
    assert by_mean(one_row(NAN, NAN)).isnan().all()


def test_normalize_none_is_the_identity() -> None:
    maps = one_row(-3.0, 8.0)

    assert torch.equal(NORMALIZE["none"](maps), maps)


@pytest.mark.parametrize(
    ("weights", "expected"), [([1, 1, 1], [2.0, 5.0]), ([2, 0, 2], [2.5, 3.5]), ([0.0, 0.1, 0.0], [1.0, 8.0])]
)
def test_weighted_mean_by_hand(weights: list[float], expected: list[float]) -> None:
    maps = torch.stack([one_row(0.0, 3.0), one_row(1.0, 8.0), one_row(5.0, 4.0)])

    torch.testing.assert_close(weighted(maps, weights), one_row(*expected))


def resized_layers(image: Tensor) -> list[Tensor]:
    """Second implementation: min-max of the signed maximum of "stem.0" (1/2), "block" (1/4) and "fuse" (1/2)."""
    model, names = Pyramid(), ("stem.0", "block", "fuse")
    gradients = added_gradients(model, names, image, flipped_depth(model, image))
    maps = [gradients[name].amax(1, keepdim=True) for name in names]
    return [F.interpolate((m - m.min()) / (m.max() - m.min()), image.shape[-2:], mode="bilinear") for m in maps]


@pytest.mark.parametrize(
    ("weights", "shares"), [(None, [0.4, 0.2, 0.4]), ([0, 1, 3], [0, 0.25, 0.75]), ([2, 2, 0], [0.5, 0.5, 0])]
)
def test_weights_of_layers_default_to_their_resolutions(weights: list[float] | None, shares: list[float]) -> None:
    image = noise(1, 16, 24)
    estimator = GradientUncertainty(
        Pyramid(), ["stem.0", "block", "fuse"], across_layers="weighted", layer_weights=weights
    )
    expected = sum(share * one for share, one in zip(shares, resized_layers(image), strict=True))

    torch.testing.assert_close(estimator.estimate(image).uncertainty, expected)


def test_default_weights_do_not_depend_on_padding() -> None:
    # 13x22 of 16x24: the kept cells of both layers cover 16x24 or 14x22; a quarter and a half all the same.
    estimator = GradientUncertainty(Pyramid(), ["block", "fuse"], across_layers="weighted")
    given = GradientUncertainty(Pyramid(), ["block", "fuse"], across_layers="weighted", layer_weights=[1, 2])

    torch.testing.assert_close(
        estimator.estimate(noise(1, 13, 22)).uncertainty, given.estimate(noise(1, 13, 22)).uncertainty
    )


def test_weights_of_a_single_layer_change_nothing() -> None:
    image = noise(1, 8, 8)
    estimator = GradientUncertainty(Pyramid(), "block", across_layers="weighted", layer_weights=[7])

    assert torch.equal(
        estimator.estimate(image).uncertainty, GradientUncertainty(Pyramid(), "block").estimate(image)[1]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": "max"}, "channels='max' gives signed ones"),
        ({"normalize": "minmax"}, "normalize='mean' makes them such"),
    ],
)
def test_a_geometric_mean_of_what_is_no_magnitude_is_refused(changes: dict[str, str], message: str) -> None:
    settings = {"channels": "norm", "normalize": "mean", **changes}
    with pytest.raises(InputError, match=message):
        GradientUncertainty(Split(), ["block", "fuse"], across_layers="geometric", **settings)  # pyright: ignore[reportArgumentType]
