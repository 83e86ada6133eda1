"""The options of the student of gradient scores."""

from dataclasses import dataclass
from typing import Any

from gradunc.options import WEIGHT, option
from gradunc.uncertainty.fitted.settings import FittedSettings
from gradunc.uncertainty.gradient.settings import REFERENCE

TEACHERS: tuple[str | dict[str, Any], ...] = ("flip", "feature_flip", "gray")
"""References of the gradient scores that are learned from: the recommended settings, each with one of these."""


@dataclass
class StudentSettings(FittedSettings):
    """A linear head on frozen features repeats gradient scores (method=student); needs no true depth."""

    method: str = option("student", "the estimator")
    layers: str | list[str] | None = option(
        None,
        "modules whose output it reads, and if named, at which its teachers read the gradient: names, globs, auto "
        "or coarse; null = coarse",
    )
    references: list[str | dict[str, Any]] = option(
        list(TEACHERS),
        "of its teachers, gradient scores with our best settings, names and parameters as of "
        "uncertainty.NAME.reference",
        rule=REFERENCE,
    )
    ridge: float = option(1e-2, "of the fit, features in standard deviations", rule=WEIGHT)
