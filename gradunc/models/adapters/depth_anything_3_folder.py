"""Folders of Depth Anything 3 as its package and the hub hold them; only the package's networks are imported.

Its class `DepthAnything3` imports all that the package depends on (Open3D, MoviePy, NumPy 1, ...), of which a network
needs nothing. Nothing is downloaded, and no code of the folder runs.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError, unknown
from gradunc.models.adapters.depth_anything_3 import GAUSSIANS, adapted
from gradunc.models.adapters.huggingface.card import licence_of
from gradunc.models.adapters.huggingface.loading import first_line
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.checkpoints.strict_loading import load_strict
from gradunc.models.checkpoints.typed import is_text, typed
from gradunc.models.checkpoints.weight_files import read_safetensors
from gradunc.text_files import read_json
from gradunc.types import OutputSpace

CONFIG, WEIGHTS, PREFIX = "config.json", "model.safetensors", "model."
"""Description and weights of a folder; where the network stands in the state dict of `DepthAnything3`."""
LARGEST_CONFIG = 2**24
"""Bytes that a description can have."""
INSTALL = "pip install --no-deps depth-anything-3 einops addict"


def preset_description(folder: Path) -> Mapping[str, Any] | None:
    """The content of `config.json` of a Depth Anything 3, whose `model_name` is a preset; None for everything else."""
    try:
        found = read_json(folder / CONFIG, "description", LARGEST_CONFIG) if (folder / CONFIG).is_file() else None
    except InputError:
        return None
    name = found.get("model_name") if isinstance(found, dict) else None
    return found if isinstance(name, str) and is_text(name) and name.startswith("da3") else None


def load_preset_folder(folder: Path, described: Mapping[str, Any], head: str | None = None) -> AdaptedModel:
    """The network of a folder, in float32.

    Args:
        folder: with `config.json` and `model.safetensors`.
        described: the content of `config.json`, see `preset_description`.
        head: None; the preset says what it predicts.

    Raises:
        InputError: the package is not installed; an unknown or nested preset; weights that are missing, left over or
            damaged.
    """
    preset = described["model_name"]
    if head is not None:
        raise InputError(f"{folder} says that it is {preset}, which predicts depth; omit head={head}")
    if not (folder / WEIGHTS).is_file():
        raise InputError(f"{folder} has no {WEIGHTS}; download it again")
    network = _network(preset, folder)
    weights = {key.removeprefix(PREFIX): one for key, one in read_safetensors(folder / WEIGHTS).items()}
    needed = {key: one for key, one in weights.items() if key.partition(".")[0] not in GAUSSIANS}
    load_strict(network, _with_tied(network, needed), folder, preset)
    model = adapted(network.eval(), preset)
    if (licence := licence_of(folder)) is not None:
        model.origin["licence"] = licence
    return model


def rebuild_depth_anything_3(described: Mapping[str, Any], path: Path) -> AdaptedModel:
    """The network that `AdaptedModel.description` describes, with random weights; code runs of the package only.

    Args:
        described: the description.
        path: where it stands, for messages.

    Raises:
        InputError: the package is not installed, or has no such preset.
    """
    try:
        preset, dtype = str(described["config"]), getattr(torch, described["dtype"])
        space = typed(OutputSpace, described["output_space"], str(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} does not describe a Depth Anything 3 ({first_line(error)})") from error
    return adapted(_network(preset, path).to(dtype).eval(), preset, space)


def _network(preset: str, path: Path) -> nn.Module:
    """The network of a preset of the package, without its parts for Gaussians."""
    with _package(path) as (config, registry):
        if preset not in registry.MODEL_REGISTRY:
            raise InputError(f"{path}: {unknown('Depth Anything 3', preset, registry.MODEL_REGISTRY)}")
        if preset.startswith("da3nested"):
            raise InputError(
                f"{path} holds {preset}, which fits two networks to each other without a gradient; give one network, "
                "such as DA3-LARGE, or adapt_depth_anything_3(network.model.da3) in Python"
            )
        try:
            described = config.load_config(registry.MODEL_REGISTRY[preset])
            for name in GAUSSIANS:
                described.pop(name, None)
            # It counts with numbers of small tensors, which the device "meta" does not have.
            with torch.device("cpu"):
                return config.create_object(described)
        except Exception as error:  # of many classes, also of what the package imports late
            raise InputError(f"{path}: the package depth-anything-3 makes no {preset} ({first_line(error)})") from error


def _with_tied(network: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights with those that the network has under a second name: safetensors holds them once.

    The heads of rays share one normalisation.
    """
    own = network.state_dict(keep_vars=True)
    stored = {id(own[name]): one for name, one in weights.items() if name in own}
    return {**{name: stored[id(one)] for name, one in own.items() if id(one) in stored}, **weights}


@contextmanager
def _package(path: Path) -> Iterator[tuple[Any, Any]]:
    """The modules `cfg` and `registry`, and the package without a word on stdout."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            config, registry, log = (
                import_module(f"depth_anything_3.{name}") for name in ("cfg", "registry", "utils.logger")
            )
            import_module("depth_anything_3.model.da3")
        except ImportError as error:
            raise InputError(
                f"{path} holds a Depth Anything 3, which needs its package ({first_line(error)}); run {INSTALL}"
            ) from error
        level, log.logger.level = log.logger.level, 0
        try:
            yield config, registry
        finally:
            log.logger.level = level
