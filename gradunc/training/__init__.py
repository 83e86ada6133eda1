"""LightningModules: steps and optimisers only; everything that looks or writes is a callback."""

from gradunc.training.evaluation_module import DepthEvaluation
from gradunc.training.finite_steps import FiniteSteps
from gradunc.training.module import DepthTraining
from gradunc.training.optimization import Optimization

__all__ = ["DepthEvaluation", "DepthTraining", "FiniteSteps", "Optimization"]
