"""Depth networks: families, published and own weights, networks of others.

The names are imported when they are first used: the settings and the registry of the families need no torch.
"""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.models.adapters.any_module import adapt
    from gradunc.models.adapters.depth_anything_3 import adapt_depth_anything_3
    from gradunc.models.adapters.diffusion.adapt import adapt_marigold
    from gradunc.models.adapters.huggingface.adapt import adapt_huggingface
    from gradunc.models.adapters.model import AdaptedModel
    from gradunc.models.build import build_model
    from gradunc.models.checkpoints.export import export_model
    from gradunc.models.checkpoints.load import load_model
    from gradunc.models.contract import DepthModel
    from gradunc.models.encoder_decoder import EncoderDecoder
    from gradunc.models.families import FAMILIES
    from gradunc.models.families.monodepth2.settings import Monodepth2Settings
    from gradunc.models.families.rt_monodepth_s.settings import RTMonoDepthSSettings
    from gradunc.models.settings import ModelSettings
    from gradunc.models.start import start_model, start_pose

_WHERE = {
    "AdaptedModel": "adapters.model",
    "DepthModel": "contract",
    "EncoderDecoder": "encoder_decoder",
    "FAMILIES": "families",
    "ModelSettings": "settings",
    "Monodepth2Settings": "families.monodepth2.settings",
    "RTMonoDepthSSettings": "families.rt_monodepth_s.settings",
    "adapt": "adapters.any_module",
    "adapt_depth_anything_3": "adapters.depth_anything_3",
    "adapt_huggingface": "adapters.huggingface.adapt",
    "adapt_marigold": "adapters.diffusion.adapt",
    "build_model": "build",
    "export_model": "checkpoints.export",
    "load_model": "checkpoints.load",
    "start_model": "start",
    "start_pose": "start",
}

__all__ = [
    "FAMILIES",
    "AdaptedModel",
    "DepthModel",
    "EncoderDecoder",
    "ModelSettings",
    "Monodepth2Settings",
    "RTMonoDepthSSettings",
    "adapt",
    "adapt_depth_anything_3",
    "adapt_huggingface",
    "adapt_marigold",
    "build_model",
    "export_model",
    "load_model",
    "start_model",
    "start_pose",
]

__getattr__, __dir__ = lazy_names(__name__, _WHERE)
