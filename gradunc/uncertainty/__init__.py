"""Uncertainty estimators for any depth network that is an `nn.Module`."""

from gradunc.uncertainty.cost import cost_in_forwards
from gradunc.uncertainty.gradient.estimator import GradientUncertainty
from gradunc.uncertainty.gradient.layers import select_layers
from gradunc.uncertainty.gradient.listing import LayerInfo, list_layers
from gradunc.uncertainty.image_scores import image_scores
from gradunc.uncertainty.trivial import TRIVIAL

__all__ = [
    "TRIVIAL",
    "GradientUncertainty",
    "LayerInfo",
    "cost_in_forwards",
    "image_scores",
    "list_layers",
    "select_layers",
]
