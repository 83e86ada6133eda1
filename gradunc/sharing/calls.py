"""An estimator as the arguments that ask for it: what a reader of a card can type."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import yaml

from gradunc.imports import imported
from gradunc.places import may_be_place, without_places
from gradunc.uncertainty.registry import ESTIMATORS

Options = Mapping[str, Any]
"""Of an estimator, with its method."""


class Preset(NamedTuple):
    """What `uncertainty=NAME` asks for, where that is one estimator."""

    estimator: str
    """Its name."""
    options: Options


Presets = Mapping[str, Preset]
"""Name of a preset -> its estimator."""


def arguments_of(estimators: Mapping[str, Options], presets: Presets, *, named: bool = False) -> str:
    """The arguments that make these estimators, and no others.

    Args:
        estimators: name -> options.
        presets: of this version.
        named: also the estimator of a preset must have the name; otherwise its options are enough.

    >>> options = {"method": "gradient", "reference": ["flip", "scale"], "depth_power": 0.25}
    >>> arguments_of({"mine": options}, {"gradient": Preset("gradient", options)})
    'uncertainty=gradient'
    >>> arguments_of({"mine": {"method": "flip_difference"}}, {})
    'uncertainty=none uncertainty.mine.method=flip_difference'
    """
    if len(estimators) == 1:
        (asked,) = estimators.items()
        fitting = [preset for preset, one in presets.items() if one.options == asked[1]]
        same_name = [preset for preset in fitting if presets[preset].estimator == asked[0]]
        for preset in same_name or ([] if named else fitting):
            return f"uncertainty={preset}"
    given = [f"uncertainty.{name}.{key}={_text(value)}" for name, one in estimators.items() for key, value in _own(one)]
    return " ".join(["uncertainty=none", *map(_quoted, given)])


def settings_text(options: Options) -> str:
    """The method, and the options that are not its defaults.

    >>> settings_text({"method": "gradient", "loss": "squared", "reference": ["flip", "scale"]})
    'method=gradient reference=[flip, scale]'
    """
    return " ".join(f"{key}={_text(value)}" for key, value in _own(options))


def _own(options: Options) -> list[tuple[str, Any]]:
    entry = ESTIMATORS.get(str(options.get("method")))
    usual = {} if entry is None else asdict(imported(entry.settings)())
    return [
        (key, without_places(value, may_be_place))
        for key, value in options.items()
        if key == "method" or key not in usual or usual[key] != value
    ]


def _text(value: Any) -> str:
    """A value in one line, as a configuration reads it."""
    if isinstance(value, bool | float | int | str) or value is None:
        value = [value]
        return yaml.safe_dump(value, default_flow_style=True, width=1_000_000).strip()[1:-1]
    return yaml.safe_dump(value, default_flow_style=True, width=1_000_000).strip()


def _quoted(argument: str) -> str:
    return argument if "[" not in argument and " " not in argument and "'" not in argument else shlex.quote(argument)
