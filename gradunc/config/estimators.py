"""The section of named uncertainty estimators, whose `method` decides which options they have."""

from typing import Any

from gradunc.config.chosen import Choice, chosen
from gradunc.uncertainty.registry import ESTIMATORS

METHOD = Choice("method", ESTIMATORS, "gradient")


def estimators() -> Any:
    """The field of a configuration."""
    return chosen(METHOD, dict, "name -> estimator (keys below)")
