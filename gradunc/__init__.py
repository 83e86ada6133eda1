"""Monocular depth networks, and, pixel by pixel, where a trained one is wrong."""

from typing import TYPE_CHECKING, Any

from gradunc.imports import imported

if TYPE_CHECKING:
    from gradunc.errors import InputError
    from gradunc.models import (
        DepthModel,
        ModelSettings,
        Monodepth2Settings,
        RTMonoDepthSSettings,
        adapt,
        adapt_huggingface,
        build_model,
        load_model,
    )
    from gradunc.types import DepthPrediction, OutputSpace, Sample, UncertaintyEstimate
    from gradunc.uncertainty import GradientUncertainty, select_layers

__version__ = "0.1.0"

__all__ = [
    "DepthModel",
    "DepthPrediction",
    "GradientUncertainty",
    "InputError",
    "ModelSettings",
    "Monodepth2Settings",
    "OutputSpace",
    "RTMonoDepthSSettings",
    "Sample",
    "UncertaintyEstimate",
    "adapt",
    "adapt_huggingface",
    "build_model",
    "load_model",
    "select_layers",
]

_ORIGINS = {
    "gradunc.errors": ("InputError",),
    "gradunc.models": (
        "DepthModel",
        "ModelSettings",
        "Monodepth2Settings",
        "RTMonoDepthSSettings",
        "adapt",
        "adapt_huggingface",
        "build_model",
        "load_model",
    ),
    "gradunc.types": ("DepthPrediction", "OutputSpace", "Sample", "UncertaintyEstimate"),
    "gradunc.uncertainty": ("GradientUncertainty", "select_layers"),
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for: options and --help then need no torch (PEP 562)."""
    for module, names in _ORIGINS.items():
        if name in names:
            value = imported(f"{module}:{name}")
            globals()[name] = value
            return value
    raise AttributeError(f"module 'gradunc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
