"""Training losses: every term returns its value and the maps that explain it."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.losses.engine import TERMS, LossEngine, LossResult, terms_of_head
    from gradunc.losses.inputs import TRUTHS, LossInputs, Need

__all__ = ["TERMS", "TRUTHS", "LossEngine", "LossInputs", "LossResult", "Need", "terms_of_head"]

_WHERE = {
    "LossEngine": "engine",
    "LossInputs": "inputs",
    "LossResult": "engine",
    "Need": "inputs",
    "TERMS": "engine",
    "TRUTHS": "inputs",
    "terms_of_head": "engine",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)
