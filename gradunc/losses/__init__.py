"""Training losses: every term returns its value and the maps that explain it."""

from gradunc.losses.engine import TERMS, LossEngine, LossResult, terms_that_need
from gradunc.losses.inputs import LossInputs, Need

__all__ = ["TERMS", "LossEngine", "LossInputs", "LossResult", "Need", "terms_that_need"]
