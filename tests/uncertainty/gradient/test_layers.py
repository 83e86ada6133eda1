"""Choosing layers by name, glob and index; the network inside wrappers."""

from typing import Any

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.ops.wrappers import bare, layer_root
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.layers import by_name, select_layers, weight_layers
from tests.uncertainty.networks import Pyramid, assert_same, noise

PYRAMID = ("stem.0", "deep.0", "block", "fuse", "head")
"""Its convolutions in the order of construction; BatchNorm has no weight MATRIX."""


def test_names_and_globs_select_in_order_of_the_network_and_once() -> None:
    model = Pyramid()

    assert select_layers(model, ["fuse", "block"]) == ("block", "fuse")
    assert select_layers(model, ["stem.*", "stem.0"]) == ("stem.0", "stem.1", "stem.2")
    assert select_layers(model, ["stem.*", "!*.1"]) == ("stem.0", "stem.2")
    assert select_layers(model, ["!stem.*", "stem.0"]) == ("stem.0",)


def test_indices_count_modules_with_a_weight_matrix() -> None:
    model = Pyramid()

    assert weight_layers(model) == PYRAMID
    assert select_layers(model, [3, 1]) == ("deep.0", "fuse")
    assert select_layers(model, [2, "block", "head"]) == ("block", "head")


def test_indices_of_a_decoder_come_first_in_the_published_numbering(depth_model: DepthModel) -> None:
    for index in range(10):
        assert select_layers(depth_model, [index]) == (f"decoder.blocks.{index}.conv",)
    assert select_layers(depth_model, [10]) == ("decoder.heads.0",)
    # Scales 1 to 3 and the four uncertainty heads follow, then the encoder.
    assert weight_layers(depth_model)[11:19] == tuple(
        [f"decoder.heads.{i}" for i in (1, 2, 3)] + [f"decoder.uncertainty_heads.{i}" for i in range(4)] +
        ["encoder.backbone.conv1"]
    )  # fmt: skip


@pytest.mark.parametrize("layers", [6, [6], "decoder.blocks.6.conv", ["decoder.blocks.6.con?"]])
def test_one_layer_may_stand_alone(depth_model: DepthModel, layers: Any) -> None:
    assert GradientUncertainty(depth_model, layers).layers == ("decoder.blocks.6.conv",)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["blok"], r"the model has no layer 'blok'; nearest: block"),
        (["block", "!hed"], r"the model has no layer '!hed'; nearest: head"),
        ([], r"no layer is given; name at least one, for example 'decoder.blocks.6.conv', or 'auto'"),
        (["block", "!b*"], r"the patterns \['block', '!b\*'\] leave no layer"),
        ([5], "layer 5 does not exist; the model has layers 0 to 4, see list_layers"),
        ([-1], "layer -1 does not exist; the model has layers 0 to 4"),
    ],
)
def test_bad_patterns_are_refused(patterns: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        select_layers(Pyramid(), patterns)


@pytest.mark.parametrize("given", [3.5, True, {"block": 1}, ["block", 2.5], [["block"]]])
def test_what_is_no_pattern_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="layers must be names, globs, indices, 'auto' or 'coarse', not "):
        GradientUncertainty(Pyramid(), given)


@pytest.mark.parametrize(("name", "advice"), [("blok", "; nearest: block"), ("", "; gradunc.list_layers names all")])
def test_a_module_by_name(name: str, advice: str) -> None:
    model = Pyramid()

    assert by_name(model, "stem.0") is model.stem[0]
    with pytest.raises(InputError, match=f"the model has no layer '{name}'{advice}"):
        by_name(model, name)


def test_names_are_those_of_the_layer_root() -> None:
    class Adapted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer_root = Pyramid()

        def forward(self, image: torch.Tensor) -> Any:
            return self.layer_root(image)

    model, image = Adapted(), noise(1, 8, 8)

    assert layer_root(model) is model.layer_root
    assert_same(GradientUncertainty(model, ["block"]).estimate(image),
                GradientUncertainty(model.layer_root, ["block"]).estimate(image))  # fmt: skip


def wrapped(model: nn.Module, kind: str) -> nn.Module:
    if kind == "compiled":
        return torch.compile(model, backend="eager")  # pyright: ignore[reportReturnType]
    if kind == "both":
        return wrapped(wrapped(model, "parallel"), "compiled")
    return nn.DataParallel(model)


@pytest.mark.parametrize("kind", ["compiled", "parallel", "both"])
def test_wrapped_networks_are_evaluated_unwrapped(kind: str) -> None:
    plain, image = Pyramid(), noise(2, 8, 8)
    expected = GradientUncertainty(plain, ["block", 3]).estimate(image)
    model = wrapped(plain, kind)
    estimator = GradientUncertainty(model, ["block", 3])

    assert bare(model) is plain
    assert estimator.model is plain
    assert estimator.layers == ("block", "fuse")
    assert_same(estimator.estimate(image), expected)


def test_a_compiled_network_that_has_run_already_has_its_hooks_on_the_plain_one() -> None:
    plain, image = Pyramid(), noise(1, 8, 8)
    expected = GradientUncertainty(plain, ["block"]).estimate(image)
    compiled = torch.compile(plain, backend="eager")
    with torch.no_grad():
        compiled(image)

    assert_same(GradientUncertainty(compiled, ["block"]).estimate(image), expected)
