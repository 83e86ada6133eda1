"""Uncertainty estimators by name. A new one is a file or a folder beside `gradient`, and one line here."""

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """Import paths of an estimator, so that --help and a typo need no torch."""

    settings: str
    """Its options, an `EstimatorSettings`."""
    factory: str
    """A `Factory` of `interface.py`: (settings, parts) -> estimator."""


ESTIMATORS: dict[str, Entry] = {
    "gradient": Entry(
        "gradunc.uncertainty.gradient.settings:GradientSettings", "gradunc.uncertainty.gradient.factory:gradient"
    ),
}
"""`uncertainty.NAME.method` -> the estimator."""


def settings_paths() -> Mapping[str, str]:
    """Method -> import path of its options."""
    return {name: entry.settings for name, entry in ESTIMATORS.items()}
