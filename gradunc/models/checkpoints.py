"""Loading a depth network from whatever holds one, and writing the export folder."""

import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gradunc.errors import InputError, path_hint, unknown
from gradunc.files import replacing
from gradunc.models.depth import DepthModel
from gradunc.models.published import convert, recognise, settings_of
from gradunc.models.registry import MODELS, build_model
from gradunc.models.settings import ModelSettings

SCHEMA = 1
"""Version of `config.json` and of the `gradunc` entry of a checkpoint."""

PREFIX = "depth_model."
"""Where the depth network stands in the state dict of our Lightning modules."""


def load_model(
    source: str | Path,
    *,
    architecture: str | None = None,
    output: str | None = None,
    device: str | torch.device = "cpu",
) -> DepthModel:
    """A ready depth network in eval mode.

    Args:
        source: a Lightning checkpoint of ours (`.ckpt`), an export folder (`model.safetensors` + `config.json`), a run
            folder of train.py, or a folder with `encoder.pth` and `depth.pth` as Monodepth2 and RT-MonoDepth-S
            publish them.
        architecture: name of the registry that the file must be of; told by its keys if omitted.
        output: for published files, which cannot tell: "disparity" (default) or "depth", a linear metric decoder.
        device: where the weights go; files saved on a GPU load anywhere.

    Raises:
        InputError: nothing loadable there, or weights that are missing or left over (they are named).
    """
    path = Path(source)
    if architecture is not None and architecture not in MODELS:
        raise unknown("architecture", architecture, MODELS)
    if output not in (None, "disparity", "depth"):
        raise unknown("output", output or "", ("disparity", "depth"))
    settings, weights = _read(path, output)
    if architecture not in (None, settings.architecture):
        raise InputError(f"{path} holds a {settings.architecture}, not the architecture '{architecture}' asked for")
    model = build_model(replace(settings, pretrained="false"))
    _load_strict(model, weights, path)
    return model.to(device).eval()


def _read(path: Path, output: str | None) -> tuple[ModelSettings, dict[str, Tensor]]:
    if path.is_dir() and (path / "export").is_dir() and not (path / "config.json").exists():
        path = path / "export"
    if path.is_dir() and (path / "encoder.pth").exists():
        return _read_published(path, output or "disparity")
    if path.is_dir() and (path / "config.json").exists():
        settings, weights = _read_export(path)
    elif path.is_file():
        settings, weights = _read_lightning(path)
    elif path.is_dir():
        raise InputError(
            f"{path} holds no model: expected model.safetensors + config.json, encoder.pth + depth.pth, or a .ckpt file"
        )
    else:
        raise InputError(
            f"checkpoint '{path}' does not exist{path_hint(path)}; give a .ckpt file, an export or a published folder"
        )
    if output not in (None, settings.head):
        raise InputError(f"{path} says that its head is '{settings.head}'; leave output='{output}' away")
    return settings, weights


def read_weight_file(path: Path) -> dict[str, Any]:
    """Load tensors and plain values only; CUDA storages are mapped to the CPU."""
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError, KeyError, ValueError) as error:
        raise InputError(f"{path} is no readable weight file ({type(error).__name__}); it may be truncated") from error
    if not isinstance(loaded, dict):
        raise InputError(f"{path} holds a {type(loaded).__name__}, not a state dict")
    return loaded


def _read_published(folder: Path, head: str) -> tuple[ModelSettings, dict[str, Tensor]]:
    encoder, decoder = read_weight_file(folder / "encoder.pth"), read_weight_file(folder / "depth.pth")
    architecture = recognise(encoder, decoder)
    return settings_of(architecture, encoder, decoder, head), convert(architecture, encoder, decoder)


def _read_export(folder: Path) -> tuple[ModelSettings, dict[str, Tensor]]:
    try:
        config = json.loads((folder / "config.json").read_text())
        weights = load_file(folder / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise InputError(f"{folder} is no readable export: {error}") from error
    return _settings(config, folder / "config.json"), weights


def _read_lightning(path: Path) -> tuple[ModelSettings, dict[str, Tensor]]:
    checkpoint = read_weight_file(path)
    if "gradunc" not in checkpoint or "state_dict" not in checkpoint:
        raise InputError(f"{path} is no checkpoint of gradunc; for published weights give the folder that holds them")
    weights = {
        key.removeprefix(PREFIX): value for key, value in checkpoint["state_dict"].items() if key.startswith(PREFIX)
    }
    return _settings(checkpoint["gradunc"], path), weights


def _settings(stored: Any, path: Path) -> ModelSettings:
    if not isinstance(stored, dict):
        raise InputError(f"{path} does not describe a model: it holds a {type(stored).__name__}")
    if stored.get("schema") != SCHEMA:
        raise InputError(f"{path} has schema version {stored.get('schema')}, this gradunc reads {SCHEMA}")
    if not isinstance(stored.get("model"), dict):
        raise InputError(f"{path} does not describe a model: its entry 'model' is missing or damaged")
    known = {field.name for field in fields(ModelSettings)}
    left_over = sorted(set(stored["model"]) - known)
    if left_over:
        raise InputError(f"{path}: unknown model settings {left_over}; it was written by a newer gradunc")
    return ModelSettings(**stored["model"])


def _load_strict(model: DepthModel, weights: Mapping[str, Tensor], path: Path) -> None:
    expected = model.state_dict()
    problems = [
        _listed("missing", sorted(set(expected) - set(weights))),
        _listed("left over", sorted(set(weights) - set(expected))),
        _listed(
            "of another shape",
            [
                f"{key} {tuple(weights[key].shape)} instead of {tuple(expected[key].shape)}"
                for key in expected
                if key in weights and weights[key].shape != expected[key].shape
            ],
        ),
    ]
    problems = [problem for problem in problems if problem]
    if problems:
        raise InputError(f"{path} does not fit {model.settings.architecture}: {'; '.join(problems)}")
    model.load_state_dict(dict(weights))


def _listed(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"{what}: {', '.join(keys[:3])}{more}"


def export_entry(model: DepthModel) -> dict[str, Any]:
    """What a checkpoint or export says of a model beside its weights."""
    # Where a training started from is no part of the network.
    settings = {name: value for name, value in asdict(model.settings).items() if name != "weights"}
    return {"schema": SCHEMA, "model": settings}


def export_model(model: DepthModel, folder: str | Path) -> Path:
    """Write `model.safetensors` and `config.json`, each complete or not at all; returns the folder."""
    folder = Path(folder)
    # Copies: a backbone may tie or view weights, which the format refuses.
    weights = {key: value.detach().cpu().clone().contiguous() for key, value in model.state_dict().items()}
    with replacing(folder / "model.safetensors", folder / "config.json") as (stored, entry):
        save_file(weights, stored)
        entry.write_text(json.dumps(export_entry(model), indent=2) + "\n")
    return folder
