"""Training losses: every term returns its value and the maps that explain it."""

from gradunc.losses.engine import SUPERVISED, TERMS, LossEngine, LossResult
from gradunc.losses.inputs import LossInputs

__all__ = ["SUPERVISED", "TERMS", "LossEngine", "LossInputs", "LossResult"]
