"""The section of named uncertainty estimators."""

from dataclasses import field
from typing import Any


def estimators() -> Any:
    """The field of named estimators."""
    return field(default_factory=dict, metadata={"help": "name -> gradient estimator (fields below)"})
