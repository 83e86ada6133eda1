"""Depth networks: encoders, decoders, heads, the registry, and loading published or own weights."""

from gradunc.models.checkpoints import export_model, load_model
from gradunc.models.depth import DepthModel
from gradunc.models.registry import MODELS, build_model
from gradunc.models.settings import ModelSettings

__all__ = ["MODELS", "DepthModel", "ModelSettings", "build_model", "export_model", "load_model"]
