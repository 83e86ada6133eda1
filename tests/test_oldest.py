"""The floors of pyproject.toml, and the script that proves them."""

import importlib.util
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.helpers import REPOSITORY

SAFE = {"torch": "2.11", "lightning": "2.6.6", "pillow": "12.3", "torchcodec": "0.17", "timm": "1.0.21"}
"""Name -> oldest version without a known hole of ours (docs/security.md), or with decoders of images."""


@pytest.fixture(scope="module")
def oldest():
    spec = importlib.util.spec_from_file_location("oldest", REPOSITORY / ".ci" / "oldest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_floors_are_pins_in_the_order_of_the_file(oldest):
    project = {
        "dependencies": ["a>=1.2,<3,!=1.4", "B >= 0.4.5"],
        "optional-dependencies": {"x": ["c>=7"], "y": ["d>=8"]},
    }
    assert oldest.floors(project, ("x",)) == ["a==1.2", "B==0.4.5", "c==7"]


def test_a_dependency_without_a_floor_is_named(oldest):
    with pytest.raises(SystemExit, match=r"'a<3' in pyproject.toml has no lower bound; write a>=VERSION"):
        oldest.floors({"dependencies": ["a<3"]}, ())


def test_our_own_floors_are_safe_and_allow_no_less(oldest):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    pins = {Requirement(pin).name: Requirement(pin) for pin in oldest.floors(project)}
    assert len(pins) == len(oldest.pins())
    for name, version in SAFE.items():
        (found,) = pins[name].specifier
        assert Version(found.version) >= Version(version)
    assert set(oldest.EXTRAS) == set(project["optional-dependencies"]) - {"dev", "docs"}


@pytest.mark.parametrize("arguments", [[], ["prove"], ["audit"], ["pin"]])
def test_wrong_usage_prints_the_usage(oldest, arguments):
    with pytest.raises(SystemExit, match=r"python \.ci/oldest\.py prove FOLDER"):
        oldest.main(arguments)
