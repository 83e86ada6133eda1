"""LightningModules: steps and optimisers only; everything that looks or writes is a callback."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.training.evaluation_module import DepthEvaluation
    from gradunc.training.finite_steps import FiniteSteps
    from gradunc.training.module import DepthTraining
    from gradunc.training.optimization import Optimization
    from gradunc.training.teacher import Teacher

__all__ = ["DepthEvaluation", "DepthTraining", "FiniteSteps", "Optimization", "Teacher"]

_WHERE = {
    "DepthEvaluation": "evaluation_module",
    "DepthTraining": "module",
    "FiniteSteps": "finite_steps",
    "Optimization": "optimization",
    "Teacher": "teacher",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)
