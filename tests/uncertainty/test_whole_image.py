import math

import pytest
import torch

from gradunc.errors import InputError
from gradunc.types import UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty, image_scores
from gradunc.uncertainty.whole_image import IMAGE_SCORES
from tests.uncertainty.networks import Pyramid, noise


def estimate_of(*layers: torch.Tensor, loss: torch.Tensor | None = None) -> UncertaintyEstimate:
    nothing = torch.zeros(1, 1, 1, 1)
    loss = torch.zeros(len(layers[0])) if loss is None and layers else loss
    assert loss is not None
    return UncertaintyEstimate(nothing, nothing, nothing > 0, {str(i): one for i, one in enumerate(layers)}, loss)


def values(estimate: UncertaintyEstimate) -> dict[str, list[float]]:
    return {name: score.tolist() for name, score in image_scores(estimate).items()}


def test_one_layer_by_hand() -> None:
    """Magnitudes 1, 2, 4, 8: the 95th percentile stands at 0.95*3 = 2.85 steps, 0.85 of the way from 4 to 8."""
    layer = torch.tensor([[[[1.0, -2.0], [4.0, -8.0]]], [[[0.5, 0.5], [0.5, -0.5]]]])
    found = values(estimate_of(layer, loss=torch.tensor([3.0, 4.0])))
    assert list(found) == list(IMAGE_SCORES)
    assert found["mean"] == pytest.approx([3.75, 0.5])
    assert found["p95"] == pytest.approx([7.4, 0.5])
    assert found["log_mean"] == pytest.approx([1.5 * math.log(2), -math.log(2)])
    assert found["loss"] == [3.0, 4.0]


def test_several_layers_give_the_geometric_mean() -> None:
    one, two = torch.full((1, 1, 2, 2), 2.0), torch.full((1, 1, 3, 5), -8.0)
    found = values(estimate_of(one, two))
    assert found["mean"] == pytest.approx([4.0])
    assert found["p95"] == pytest.approx([4.0])
    assert found["log_mean"] == pytest.approx([math.log(4)])


def test_cells_that_are_no_number_do_not_count() -> None:
    layer = torch.tensor([[[[1.0, torch.nan], [torch.inf, 3.0]]]])
    assert values(estimate_of(layer))["mean"] == pytest.approx([2.0])
    nothing = values(estimate_of(torch.full((1, 1, 2, 2), torch.nan)))
    assert all(math.isnan(nothing[name][0]) for name in ("mean", "p95", "log_mean"))


def test_a_gradient_of_zero_is_finite() -> None:
    found = image_scores(estimate_of(torch.zeros(1, 1, 2, 2)))
    assert all(score.isfinite().all() for score in found.values())
    assert float(found["mean"]) == pytest.approx(0, abs=1e-30)


def test_the_normalisation_of_the_map_does_not_matter() -> None:
    """13x22 is padded to 16x24: cells of padding are in neither map."""
    image, model = noise(2, 13, 22), Pyramid()
    plain = GradientUncertainty(model, ["fuse"]).estimate(image)
    normalised = GradientUncertainty(model, ["fuse"], normalize="minmax").estimate(image)
    for name, score in image_scores(plain).items():
        torch.testing.assert_close(image_scores(normalised)[name], score, rtol=1e-9, atol=0)
    assert float(image_scores(plain)["mean"][0]) == pytest.approx(float(plain.layers["fuse"][0].abs().double().mean()))


def test_an_estimate_without_layers_is_refused() -> None:
    with pytest.raises(InputError, match="use method=gradient, feature_density or student"):
        image_scores(estimate_of(loss=torch.zeros(1)))


def test_an_estimate_without_a_loss_has_the_other_scores() -> None:
    estimate = estimate_of(torch.full((1, 1, 2, 2), 2.0))._replace(loss=None)
    assert values(estimate) == {"mean": [2.0], "p95": [2.0], "log_mean": [math.log(2)]}
