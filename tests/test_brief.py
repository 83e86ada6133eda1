"""Values in one line: none of them prints its numbers, whatever it holds."""

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import gradunc
from gradunc import DepthPrediction, GradientUncertainty, UncertaintyEstimate
from gradunc.brief import brief, brief_repr, briefly, span
from gradunc.uncertainty import TRIVIAL
from gradunc.uncertainty.gradient.references import REFERENCES, Given
from tests.uncertainty.networks import Pyramid, noise

PACKAGES = ("types", "uncertainty", "losses", "metrics", "models", "results")
HEAVY = ("Tensor", "NDArray", "ndarray", "nn.Module")


def modules() -> Iterator[ModuleType]:
    for name in PACKAGES:
        package = importlib.import_module(f"gradunc.{name}")
        yield package
        for found in pkgutil.walk_packages(getattr(package, "__path__", []), f"gradunc.{name}."):
            yield importlib.import_module(found.name)


def holders() -> list[type]:
    """All named tuples and dataclasses with a field that may hold thousands of numbers."""
    found = []
    for module in modules():
        for name, one in vars(module).items():
            if not inspect.isclass(one) or one.__module__ != module.__name__ or name.startswith("_"):
                continue
            fields = " ".join(map(str, vars(one).get("__annotations__", {}).values()))
            if (hasattr(one, "_fields") or dataclasses.is_dataclass(one)) and any(word in fields for word in HEAVY):
                found.append(one)
    return found


CALLABLES_ONLY = ("Adaptation", "NetworkClass", "Given")
"""Their fields name networks in the types of functions, or they write their own line."""


def test_every_value_that_holds_tensors_prints_itself_briefly() -> None:
    found = {one.__name__: one.__repr__ for one in holders()}

    assert {"UncertaintyEstimate", "DepthPrediction", "LossResult"} <= set(found)
    assert {name for name, write in found.items() if write is not brief_repr} <= set(CALLABLES_ONLY)


def test_an_estimate_says_its_shapes_and_ranges() -> None:
    depth = torch.tensor([1.0, 80.0]).view(1, 1, 1, 2)
    score = torch.tensor([0.25, torch.nan]).view(1, 1, 1, 2)
    estimate = UncertaintyEstimate(depth, score, score > 0, layers={"decoder.0": score, "decoder.1": score})

    assert repr(estimate) == (
        "UncertaintyEstimate(depth: 1x1x1x2 1 to 80, uncertainty: 1x1x1x2 0.25, 50% not finite, "
        "valid: 1x1x1x2 50% True, layers: 2 (decoder.0, decoder.1))"
    )
    assert f"{estimate}" == str(estimate) == repr(estimate)


def test_a_prediction_leaves_out_what_it_has_not() -> None:
    depth = torch.full((2, 1, 3, 4), 2.5)

    assert repr(DepthPrediction(depth)) == "DepthPrediction(depth: 2x1x3x4 2.5)"
    assert repr(DepthPrediction(depth, (depth, depth), extras={"confidence": depth})) == (
        "DepthPrediction(depth: 2x1x3x4 2.5, scales: 2 values, extras: 1 (confidence))"
    )


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (torch.empty(0, 1, 3, 4), "empty"),
        (torch.full((3,), torch.inf), "nothing finite"),
        (torch.zeros(3, dtype=torch.bool), "0% True"),
        (torch.arange(1000) < 999, ">99% True"),
        (torch.arange(1000) < 1, "<1% True"),
        (torch.arange(3), "0 to 2"),
        (torch.arange(3, dtype=torch.uint8), "0 to 2"),
        (torch.tensor(1.5), "1.5"),
        (torch.ones(2, dtype=torch.bfloat16), "1"),
        (torch.ones(2, device="meta"), ""),
        (torch.ones(2, requires_grad=True), "1"),
        (np.array([1.0, np.inf, -2.0, 0.5]), "-2 to 1, 25% not finite"),
        (np.ones((2, 2), bool), "100% True"),
        (np.array(["a"]), ""),
    ],
)
def test_span(values: Any, text: str) -> None:
    assert span(values) == text


def test_estimators_name_what_decides_and_no_weights() -> None:
    estimator = GradientUncertainty(Pyramid(), ["block", "fuse"], [Given(Pyramid()), "gray"])

    assert repr(estimator) == (
        "GradientUncertainty(network: Pyramid, layers: block, fuse, reference: Given(teacher=Pyramid, scale='auto'), "
        "Gray(), loss: squared, channels: max, across_layers: std)"
    )
    assert repr(TRIVIAL["row"](Pyramid())) == "TrivialUncertainty(network: Pyramid, score: row)"


class Holder(NamedTuple):
    depth: Tensor
    maps: dict[str, Any]
    name: str
    more: tuple[Any, ...]

    __repr__ = brief_repr


ANY = st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.lists(st.text()), st.just(Pyramid()))


@given(
    shape=st.lists(st.integers(0, 5), max_size=5),
    names=st.lists(st.text(max_size=200), max_size=20),
    name=st.text(max_size=2000),
    more=st.lists(ANY, max_size=4),
)
def test_no_value_takes_more_than_a_line_of_300_signs(
    shape: list[int], names: list[str], name: str, more: list[Any]
) -> None:
    values = torch.rand(shape)
    texts = [repr(Holder(values, dict.fromkeys(names, values), name, tuple(more))), *map(brief, more)]
    texts += [briefly(values, {name[:50]: one for one in more})]

    for text in texts:
        assert len(text) < 300
        assert "\n" not in text


@pytest.mark.parametrize("reference", [*(name for name in REFERENCES), "none"])
@pytest.mark.parametrize("layers", [["block"], "auto", ["*", "!stem"], ["block"] * 200])
def test_every_estimator_is_one_short_line(reference: str, layers: Any) -> None:
    output = "coarse" if reference == "scale" else "full"
    estimator = GradientUncertainty(Pyramid(), layers, reference, "sensitivity", output=output)
    found = GradientUncertainty(Pyramid(), ["block", "fuse"], "gray").estimate(noise(2, 8, 8))

    for value in (estimator, found, found.images(slice(0, 1))):
        assert len(repr(value)) < 300
        assert "\n" not in repr(value)
        assert "tensor" not in repr(value)


def test_a_network_as_a_part_is_its_class() -> None:
    assert brief(Pyramid()) == "Pyramid"
    assert gradunc.uncertainty.interface.Parts(nn.Identity()).__repr__().startswith("Parts(model: Identity")
