"""Our best settings: what they compute, against a second implementation, and that configs and code agree."""

from inspect import signature
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.config import load, parse
from gradunc.config.verbs.predict import PREDICT, PredictConfig
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.settings import ABSOLUTE, FAST, RECOMMENDED, GradientSettings
from tests.uncertainty.networks import integer_network, noise, row
from tests.uncertainty.split_networks import Split

BLOCKS = [f"decoder.blocks.{i}.conv" for i in range(7)]


def straight(model: nn.Module, image: Tensor, layers: list[str]) -> Tensor:
    """Of one image of a size the network needs no padding for; written out from docs/methods.md A.2, A.6 and A.13."""
    with torch.no_grad():
        reference = model(image.flip(3)).depth.flip(3)
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: object, _arguments: object, output: Tensor) -> None:
            outputs[name] = output

        return hook

    handles = [model.get_submodule(name).register_forward_hook(keep(name)) for name in layers]
    depth = model(image).depth
    for handle in handles:
        handle.remove()
    cells, mirrored = (F.avg_pool2d(one.log(), 4) for one in (depth, reference))
    error = (cells.detach() - mirrored).abs()
    ((1 + error / error.mean()) * cells).mean().backward(inputs=[*outputs.values()])
    maps = []
    for name in layers:
        gradient = outputs[name].grad
        assert gradient is not None
        length = gradient.square().sum(1, keepdim=True).sqrt()
        maps.append(F.interpolate(length / length.mean(), image.shape[-2:], mode="bilinear"))
    return torch.stack(maps).prod(0) ** (1 / len(maps)) * depth.detach() ** 0.25


def test_recommended_without_a_coarse_head_averages_the_depth() -> None:
    # `deep` (1/2) is the bottleneck and `block` stands behind it, `fuse` too, but finer than a quarter: in 8x12 the
    # coarsest there is are 1/2 cells.
    model, image = Split(), noise(2, 8, 12)
    estimator = GradientUncertainty.recommended(model, layers=["block", "fuse"])
    found = estimator.estimate(image)

    for i in range(2):
        expected = straight(model, image[i : i + 1].clone().requires_grad_(), ["block", "fuse"])
        torch.testing.assert_close(found.uncertainty[i : i + 1], expected, rtol=1e-4, atol=1e-4)
    assert estimator.notes == (
        "output=coarse: Split has no coarse head, its depth is averaged over 4x4 pixels; reference=scale is left out, "
        "for it has nothing to compare",
    )


def test_settings_can_be_changed_one_by_one() -> None:
    model = integer_network()
    estimator = GradientUncertainty.recommended(model, layers="features", depth_power=2.0)

    assert estimator.layers == ("features",)
    assert estimator.depth_power == 2.0
    with pytest.raises(TypeError, match="dept_power"):
        GradientUncertainty.recommended(model, dept_power=1.0)


class Red(nn.Module):
    """Output = red + 1, as depth or as disparity."""

    def __init__(self, quantity: Any) -> None:
        super().__init__()
        self.output_space = OutputSpace(quantity, "scale")
        self.features = nn.Conv2d(3, 1, 1)
        self.features.weight.data = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
        self.features.bias = nn.Parameter(torch.ones(1))

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(self.features(image))


@pytest.mark.parametrize(("quantity", "factors"), [("depth", [2, 3, 4]), ("disparity", [1 / 2, 1 / 3, 1 / 4])])
def test_depth_power_multiplies_by_depth(quantity: str, factors: list[float]) -> None:
    # Outputs 2,3,4 (mirrored inputs give the mirrored output, so nothing disagrees): gradient of the mean log 1/(3 d).
    settings: dict[str, Any] = {"layers": "features", "loss": "sensitivity"}
    plain = GradientUncertainty(Red(quantity), **settings).estimate(row(1, 2, 3))
    once = GradientUncertainty(Red(quantity), **settings, depth_power=1.0).estimate(row(1, 2, 3))

    torch.testing.assert_close(plain.uncertainty.flatten(), torch.tensor([1 / 6, 1 / 9, 1 / 12]))
    torch.testing.assert_close(once.uncertainty, plain.uncertainty * torch.tensor(factors))
    torch.testing.assert_close(once.layers["features"], plain.layers["features"])


def test_depth_power_of_a_depth_that_is_not_positive_stays_finite() -> None:
    estimate = GradientUncertainty(integer_network(), "features", depth_power=-1.0).estimate(row(1, 2, 3))

    assert (estimate.depth < 0).all()
    assert estimate.valid.all()


def test_sensitivity_needs_no_reference() -> None:
    estimate = GradientUncertainty(Red("depth"), "features", "none", "sensitivity").estimate(row(1, 2, 3))

    torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([1 / 6, 1 / 9, 1 / 12]))


def settings_of(name: str) -> dict[str, GradientSettings]:
    config = load(PredictConfig, PREDICT.groups, parse([f"uncertainty={name}"], PREDICT.groups))
    return dict(config.uncertainty)


def defaults() -> dict[str, Any]:
    parameters = signature(GradientUncertainty).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name != "model"}


def comparable(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def test_config_gradient_is_recommended_and_published_the_defaults() -> None:
    recommended, published = comparable({**defaults(), **RECOMMENDED}), comparable(defaults())

    assert {name: one.arguments() for name, one in settings_of("gradient").items()} == {"gradient": recommended}
    assert {name: one.arguments() for name, one in settings_of("gradient_published").items()} == {"gradient": published}
    for name, settings in (("gradient_fast", FAST), ("gradient_absolute", ABSOLUTE)):
        expected = {name: comparable({**defaults(), **settings})}
        assert {name: one.arguments() for name, one in settings_of(name).items()} == expected
    assert {name: one.arguments() for name, one in settings_of("compare").items()} == {
        "gradient": recommended,
        "published": published,
    }


def test_study_holds_both_and_names_what_it_changes() -> None:
    study = settings_of("scoring_study")

    assert study["published"].arguments() == comparable(defaults())
    assert comparable({**defaults(), **RECOMMENDED}) in [one.arguments() for one in study.values()]
    assert len({str(one.arguments()) for one in study.values()}) == len(study)
