"""Monocular depth networks, and, pixel by pixel, where a trained one is wrong."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.data.inputs import open_images
    from gradunc.errors import InputError
    from gradunc.models import (
        DepthModel,
        ModelSettings,
        Monodepth2Settings,
        RTMonoDepthSSettings,
        adapt,
        adapt_depth_anything_3,
        adapt_huggingface,
        adapt_marigold,
        build_model,
        load_model,
    )
    from gradunc.own_uncertainty import OwnUncertainty
    from gradunc.prediction import Prediction, predict
    from gradunc.types import DepthPrediction, OutputSpace, Sample, UncertaintyEstimate
    from gradunc.uncertainty import GradientUncertainty, list_layers, select_layers

__version__ = "0.1.0"

__all__ = [
    "DepthModel",
    "DepthPrediction",
    "GradientUncertainty",
    "InputError",
    "ModelSettings",
    "Monodepth2Settings",
    "OutputSpace",
    "OwnUncertainty",
    "Prediction",
    "RTMonoDepthSSettings",
    "Sample",
    "UncertaintyEstimate",
    "adapt",
    "adapt_depth_anything_3",
    "adapt_huggingface",
    "adapt_marigold",
    "build_model",
    "list_layers",
    "load_model",
    "open_images",
    "predict",
    "select_layers",
]

_WHERE = {
    "DepthModel": "models",
    "DepthPrediction": "types",
    "GradientUncertainty": "uncertainty",
    "InputError": "errors",
    "ModelSettings": "models",
    "Monodepth2Settings": "models",
    "OutputSpace": "types",
    "OwnUncertainty": "own_uncertainty",
    "Prediction": "prediction",
    "RTMonoDepthSSettings": "models",
    "Sample": "types",
    "UncertaintyEstimate": "types",
    "adapt": "models",
    "adapt_depth_anything_3": "models",
    "adapt_huggingface": "models",
    "adapt_marigold": "models",
    "build_model": "models",
    "list_layers": "uncertainty",
    "load_model": "models",
    "open_images": "data.inputs",
    "predict": "prediction",
    "select_layers": "uncertainty",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)
