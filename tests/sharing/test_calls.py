"""What a card tells to type makes the estimator that it speaks of."""

import shlex
from dataclasses import asdict

import pytest

from gradunc.commands.share_facts import presets, recommended
from gradunc.config import load, parse
from gradunc.config.verbs.predict import PREDICT
from gradunc.sharing.calls import arguments_of, settings_text

ODD = {
    "method": "gradient",
    "layers": ["decoder.blocks.*.conv", "encoder.*"],
    "reference": ["flip", {"rotate": {"degrees": 5}}],
    "layer_weights": [0.5, 0.5],
    "across_layers": "weighted",
    "depth_power": -0.25,
    "normalize": None,
}


def typed(arguments: str) -> dict[str, dict]:
    config = load(PREDICT.schema, PREDICT.groups, parse(shlex.split(arguments), PREDICT.groups))
    return {name: asdict(one) for name, one in config.uncertainty.items()}


@pytest.mark.parametrize("preset", ["gradient", "gradient_published", "bayescap", "student", "predicted"])
def test_a_preset_is_named(preset: str) -> None:
    estimator, options = presets()[preset]
    assert arguments_of({estimator: options}, presets(), named=True).startswith("uncertainty=")
    assert typed(arguments_of({estimator: options}, presets(), named=True)) == {estimator: options}
    assert typed(arguments_of({"mine": options}, presets(), named=True)) == {"mine": options}
    assert typed(arguments_of({"mine": options}, {}, named=True)) == {"mine": options}


def test_odd_options() -> None:
    options = {**presets()["gradient"].options, **ODD}
    assert typed(arguments_of({"mine": options}, presets())) == {"mine": options}
    assert "reference=[flip, {rotate: {degrees: 5}}]" in settings_text(options)


def test_several_estimators() -> None:
    both = {"one": recommended(), "two": presets()["bayescap"].options}
    assert typed(arguments_of(both, presets())) == both


def test_a_method_that_this_version_does_not_know() -> None:
    assert arguments_of({"a": {"method": "later", "x": 1}}, {}) == (
        "uncertainty=none uncertainty.a.method=later uncertainty.a.x=1"
    )
