"""Folders of `save_pretrained`: a depth network of Hugging Face transformers, and how its images were prepared."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from reprlib import repr as short
from typing import Any

import torch

from gradunc.errors import InputError
from gradunc.models.adapters.huggingface.adapt import adapt_huggingface, depth_class, transformers_for
from gradunc.models.adapters.huggingface.card import licence_of
from gradunc.models.adapters.huggingface.classes import CLASSES, METRIC, RELATIVE
from gradunc.models.adapters.huggingface.loading import check_keys, check_size, quiet, refused
from gradunc.models.adapters.huggingface.processor import PROCESSORS, Preparation, saved_preparation
from gradunc.models.adapters.model import AdaptedModel
from gradunc.types import OutputSpace

CONFIG = "config.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
LARGEST_CONFIG = 2**24
"""Bytes that a description can have."""

OF_HEADS = {"depth": METRIC, "disparity": RELATIVE}
"""What `head` means for networks whose config does not say it."""


def saved_class(described: Any) -> str | None:
    """The class of a network that a `config.json` of transformers names, "" if it names none; None for other files.

    >>> saved_class({"architectures": ["GLPNForDepthEstimation"], "model_type": "glpn"})
    'GLPNForDepthEstimation'
    """
    if not isinstance(described, Mapping) or "schema" in described:
        return None
    names, kind = described.get("architectures"), described.get("model_type")
    if isinstance(names, list) and names and isinstance(names[0], str):
        return names[0]
    return "" if isinstance(kind, str) else None


def load_saved_folder(folder: Path, described: Mapping[str, Any], head: str | None = None) -> AdaptedModel:
    """The network of a folder, in float32; nothing is downloaded, and no code of the folder runs.

    Args:
        folder: with `config.json`, weights in one file or several and, for normalisation and size,
            `preprocessor_config.json`.
        described: the content of `config.json`, whose `saved_class` is a depth network.
        head: "disparity" or "depth", for networks of which the config does not say what they predict.

    Raises:
        InputError: transformers is not installed; weights that are missing, damaged or of another network; a head for a
            network that says its own, or none for one that does not.
    """
    name = saved_class(described) or ""
    backbone = described.get("backbone")
    if backbone is not None and not described.get("backbone_config"):
        raise InputError(
            f"{folder}: its config names the backbone {short(backbone)}, which is not in the folder; load it with "
            "transformers where there is a network, and save it anew with save_pretrained"
        )
    if not any((folder / file).exists() for file in WEIGHTS):
        raise InputError(f"{folder} has no weights beside {CONFIG}; put {WEIGHTS[0]} into it")
    _check_size(folder, name, described)
    network = _network(folder, name)
    told = saved_preparation(folder)
    space = _output_space(folder, name, network.config, head)
    if name not in CLASSES:
        _check_unknown(folder, name, told)
    model = adapt_huggingface(network, mean=told.mean, std=told.std, output_space=space, preparation=told.resize)
    if (licence := licence_of(folder)) is not None:
        model.origin["licence"] = licence
    return model


def _check_unknown(folder: Path, name: str, told: Preparation) -> None:
    """Say what is not known of a network of which only the name is; InputError for one that cannot be asked so."""
    if told.mean is None or told.std is None:
        raise InputError(
            f"{folder} has no {PROCESSORS[0]}, which says how the images of a {name} are normalised; put it there"
        )
    warnings.warn(
        f"{name} is known by its name only: its layers are searched, not chosen, and its backbone is not split off",
        stacklevel=3,
    )


def _check_size(folder: Path, name: str, described: Mapping[str, Any]) -> None:
    """Raise `InputError` for a network that is larger than its files, before any memory is taken for it."""
    transformers = transformers_for(name, folder)
    kind = depth_class(transformers, name, folder)
    try:
        with torch.device("meta"):
            weights = sum(one.numel() for one in kind(kind.config_class.from_dict(dict(described))).parameters())
    except Exception as error:  # of many classes, some of the library's own
        raise refused(folder, transformers, name, error) from error
    check_size(folder, weights)


def _network(folder: Path, name: str) -> Any:
    """The network with the weights of the folder; `from_pretrained` knows the names of earlier versions."""
    transformers = transformers_for(name, folder)
    with quiet(transformers):
        try:
            network, report = depth_class(transformers, name, folder).from_pretrained(
                folder, local_files_only=True, output_loading_info=True, dtype=torch.float32
            )
        except Exception as error:  # of many classes, some of the library's own
            raise refused(folder, transformers, name, error) from error
    check_keys(folder, name, report["missing_keys"], report["unexpected_keys"])
    return network


def _output_space(folder: Path, name: str, config: Any, head: str | None) -> OutputSpace:
    said = CLASSES[name].output_space(config) if name in CLASSES else None
    if said is None and head is None:
        raise InputError(
            f"{folder}: its config does not say what this {name} predicts; set head=depth (metres) or head=disparity "
            "(relative)"
        )
    if said is not None and head is not None:
        raise InputError(f"{folder} says that it predicts {said.ambiguity} {said.quantity}; omit head={head}")
    return said or OF_HEADS[head or ""]
