"""Uncertainty estimators for any depth network that is an `nn.Module`.

The names are imported when they are first used: options and registry of this package need no torch.
"""

from typing import TYPE_CHECKING, Any

from gradunc.imports import imported

if TYPE_CHECKING:
    from gradunc.uncertainty.cost import cost_in_forwards
    from gradunc.uncertainty.gradient.estimator import GradientUncertainty
    from gradunc.uncertainty.gradient.layers import select_layers
    from gradunc.uncertainty.gradient.listing import LayerInfo, list_layers
    from gradunc.uncertainty.passes import shared_passes
    from gradunc.uncertainty.registry import ESTIMATORS
    from gradunc.uncertainty.trivial import TRIVIAL
    from gradunc.uncertainty.whole_image import image_scores

_WHERE = {
    "ESTIMATORS": "registry",
    "GradientUncertainty": "gradient.estimator",
    "LayerInfo": "gradient.listing",
    "TRIVIAL": "trivial",
    "cost_in_forwards": "cost",
    "image_scores": "whole_image",
    "list_layers": "gradient.listing",
    "select_layers": "gradient.layers",
    "shared_passes": "passes",
}

__all__ = [
    "ESTIMATORS",
    "TRIVIAL",
    "GradientUncertainty",
    "LayerInfo",
    "cost_in_forwards",
    "image_scores",
    "list_layers",
    "select_layers",
    "shared_passes",
]


def __getattr__(name: str) -> Any:
    """Import a public name (PEP 562)."""
    if name not in _WHERE:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return imported(f"{__name__}.{_WHERE[name]}:{name}")
