"""Reading files of weights, and loading them strictly."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError


def read_weight_file(path: Path) -> dict[str, Any]:
    """Load tensors and plain values only; CUDA storages are mapped to the CPU.

    Raises:
        InputError: no file, no weights in it, or a damaged one.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError, KeyError, ValueError) as error:
        raise InputError(f"{path} is no readable weight file ({type(error).__name__}); it may be truncated") from error
    if not isinstance(loaded, dict):
        raise InputError(f"{path} holds a {type(loaded).__name__}, not a state dict")
    return loaded


def load_strict(model: nn.Module, weights: Mapping[str, Tensor], path: Path, name: str) -> None:
    """Give a network exactly the weights that it needs.

    Args:
        model: changed in place.
        weights: its state dict.
        path: where they come from, for messages.
        name: of the network, for messages.

    Raises:
        InputError: weights that are missing, left over or of another shape; they are named.
    """
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
        raise InputError(f"{path} does not fit {name}: {'; '.join(problems)}")
    model.load_state_dict(dict(weights))


def _listed(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"{what}: {', '.join(keys[:3])}{more}"
