"""References by name, with parameters, as objects and in lists."""

from typing import Any

import pytest

from gradunc.errors import InputError
from gradunc.uncertainty.gradient.references import (
    REFERENCES,
    FeatureDropout,
    FeatureNoise,
    FeatureScale,
    Flip,
    Given,
    Gray,
    Noise,
    Rotate,
    make_references,
)


def own(query: Any) -> Any: ...


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("flip", (Flip(),)),
        ("none", ()),
        (["none"], ()),
        ({"rotate": {"degrees": 5, "masked": False}}, (Rotate(5, False),)),
        ({"noise": None}, (Noise(0.01),)),
        (Rotate(3.0), (Rotate(3.0),)),
        (own, (own,)),
        (["flip", {"noise": {"std": 0.1}}, Gray(), own], (Flip(), Noise(0.1), Gray(), own)),
    ],
)
def test_specification(spec: Any, expected: tuple[Any, ...]) -> None:
    assert make_references(spec) == expected


def test_published_constants() -> None:
    assert make_references(["noise", "rotate"]) == (Noise(std=0.01), Rotate(degrees=10.0))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], "reference is empty; give at least one, or 'none'"),
        (["flip", "none"], "reference 'none' cannot stand beside others"),
        ("flpi", r"unknown reference 'flpi'; did you mean 'flip'\? \(choices: .*gray, noise, none, "),
        ({"rotate": {}, "flip": {}}, "must be one name with its parameters"),
        ({"rotate": {"angle": 3}}, r"'rotate' does not take {'angle': 3}; its parameters: degrees, masked"),
        ({"rotate": 5}, r"'rotate' does not take 5; its parameters: degrees, masked"),
        (3.5, r"reference must be a name, \{name: parameters\}, an object or a list of these, not 3.5"),
        (["flip", None], "an object or a list of these, not None"),
        ({"flip": {"axis": 1}}, r"'flip' does not take {'axis': 1}; its parameters: none"),
        ({"noise": {"std": 0}}, "noise: std=0 must be above 0"),
        ({"rotate": {"degrees": 0}}, "rotate: degrees=0 must be above 0 and at most 90"),
        ({"rotate": {"degrees": -91}}, "rotate: degrees=-91 must be above 0 and at most 90"),
        ({"brightness": {"brightness": -1}}, "brightness: factors must be at least 0"),
        ({"brightness": {"brightness": 1.0}}, "brightness: both factors are 1, which changes nothing"),
        ({"shift": {"right": 1.5}}, "shift: right=1.5 must be a whole number"),
        ({"noise": {"std": "x"}}, "noise: std=x must be a number"),
        ({"noise": {"std": float("nan")}}, "noise: std=nan must be a number"),
        ({"rotate": {"masked": "maybe"}}, "rotate: masked=maybe must be true or false"),
        ({"feature_noise": {"layer": 4}}, "feature_noise: layer=4 must be the name of a layer, see list_layers"),
        ({"feature_flip": {"levels": "al"}}, r"unknown levels 'al'; did you mean 'all'\?"),
        ({"given": {"teacher": "foo"}}, "given: teacher='foo' must be a network"),
        ({"shift": {"right": 0}}, "shift: right=0 and down=0 change nothing"),
        ({"rescale": {"factor": 1}}, r"rescale: factor=1 must be in \(0, 4\], not 1"),
        ({"rescale": {"factor": 4.5}}, r"rescale: factor=4.5 must be in \(0, 4\], not 1"),
        ({"given": {"scale": "medain"}}, r"unknown given: scale 'medain'; did you mean 'median'\?"),
        ({"feature_noise": {"strength": 0}}, "feature_noise: strength=0 must be above 0"),
        ({"feature_dropout": {"p": 1}}, "feature_dropout: p=1 must be between 0 and 1"),
        ({"feature_scale": {"factor": 1}}, "feature_scale: factor=1 changes nothing"),
    ],
)
def test_refused(spec: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_references(spec)


@pytest.mark.parametrize("kind", [FeatureNoise, FeatureDropout, FeatureScale])
def test_unknown_levels(kind: Any) -> None:
    with pytest.raises(InputError, match=r"unknown levels 'deep'; did you mean 'deepest'\? \(choices: all, deepest\)"):
        kind(levels="deep")


def test_every_name_of_the_issue_is_there() -> None:
    expected = "flip gray noise rotate brightness shift rescale given feature_flip feature_noise feature_dropout"
    assert set(REFERENCES) == {*expected.split(), "feature_scale", "scale"}
    assert Given().scale == "auto"
