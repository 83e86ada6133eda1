"""Uncertainty estimators for any depth network that is an `nn.Module`."""

from gradunc.uncertainty.gradient import GradientUncertainty
from gradunc.uncertainty.layers import select_layers
from gradunc.uncertainty.listing import LayerInfo, list_layers

__all__ = ["GradientUncertainty", "LayerInfo", "list_layers", "select_layers"]
