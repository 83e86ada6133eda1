"""Depth networks: encoders, decoders, heads, the registry, loading published or own weights, networks of others."""

from gradunc.models.adapters import AdaptedModel, adapt, adapt_huggingface
from gradunc.models.checkpoints import export_model, load_model
from gradunc.models.depth import DepthModel
from gradunc.models.registry import MODELS, build_model
from gradunc.models.settings import ModelSettings
from gradunc.models.start import start_model, start_pose

__all__ = [
    "MODELS",
    "AdaptedModel",
    "DepthModel",
    "ModelSettings",
    "adapt",
    "adapt_huggingface",
    "build_model",
    "export_model",
    "load_model",
    "start_model",
    "start_pose",
]
