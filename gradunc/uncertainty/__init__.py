"""Uncertainty estimators for any depth network that is an `nn.Module`."""

from gradunc.uncertainty.gradient import GradientUncertainty
from gradunc.uncertainty.layers import select_layers

__all__ = ["GradientUncertainty", "select_layers"]
