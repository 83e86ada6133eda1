"""Giving a network exactly the weights that it needs."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from reprlib import repr as short
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from gradunc.errors import InputError
from gradunc.models.checkpoints.state_dict import bare_key, check_weights

Network = TypeVar("Network", bound=nn.Module)


def filled(build: Callable[[], Network], weights: Mapping[Any, Any], path: Path, name: str) -> Network:
    """A network with the weights of a file.

    Args:
        build: makes the network, as a file describes it. It is asked twice, at first for shapes without memory: what
            does not fit to the weights, and could be of any size, is never made.
        weights: its state dict.
        path: where they come from, for messages.
        name: of the network, for messages.

    Raises:
        InputError: see `load_strict`.
    """
    with torch.device("meta"):
        fitting(build(), check_weights(weights, path), path, name)
    network = build()
    load_strict(network, weights, path, name)
    return network


def load_strict(model: nn.Module, weights: Mapping[Any, Any], path: Path, name: str) -> None:
    """Give a network exactly the weights that it needs; one line warns of those that are not finite.

    Args:
        model: changed in place.
        weights: its state dict.
        path: where they come from, for messages.
        name: of the network, for messages.

    Raises:
        InputError: weights that are missing, left over or of another shape, which are named, or are no weights.
    """
    given = fitting(model, check_weights(weights, path), path, name)
    try:
        model.load_state_dict(given)
    except RuntimeError as error:  # number types that PyTorch stores but cannot convert
        raise InputError(f"{path} does not fit {name}: {' '.join(str(error).split())[:200]}") from error
    loaded = model.state_dict()
    broken = [key for key, one in loaded.items() if one.is_floating_point() and not one.isfinite().all()]
    if broken:
        warnings.warn(
            f"{path}: {len(broken)} of the {len(loaded)} tensors of {name} hold numbers that are not finite, first "
            f"'{broken[0]}'; the training diverged, or the file is damaged",
            stacklevel=2,
        )


def fitting(model: nn.Module, weights: Mapping[str, Tensor], path: Path, name: str) -> dict[str, Tensor]:
    """The weights under the names that a network has for them; arguments and errors as for `load_strict`.

    Wrappers of either side do not count. The counters `num_batches_tracked` of batch normalisation may be missing,
    as PyTorch allows it: they are no weights, and files of its early versions have none.
    """
    expected = model.state_dict()
    given = _renamed(weights, expected)
    counters = {f"{key}.num_batches_tracked" for key, one in model.named_modules() if isinstance(one, _NormBase)}
    problems = [
        _listed("missing", sorted(set(expected) - set(given) - counters)),
        _listed("left over", sorted(set(given) - set(expected))),
        _listed(
            "of another shape",
            [
                f"{key} {tuple(given[key].shape)} instead of {tuple(expected[key].shape)}"
                for key in expected
                if key in given and given[key].shape != expected[key].shape
            ],
        ),
    ]
    problems = [problem for problem in problems if problem]
    if problems:
        raise InputError(f"{path} does not fit {name}: {'; '.join(problems)}")
    return given


def _renamed(weights: Mapping[str, Tensor], expected: Iterable[str]) -> dict[str, Tensor]:
    """Weights under the expected keys, where these differ by wrappers only and no two become the same."""
    known = set(expected)
    names = {bare_key(key): key for key in known}
    found: dict[str, Tensor] = {}
    for key, value in weights.items():
        name = key if key in known else names.get(bare_key(key), key)
        found[key if name in weights else name] = value
    return found if len(found) == len(weights) else dict(weights)


def _listed(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    named = (key if key.isprintable() and len(key) < 200 else short(key) for key in keys[:3])
    return f"{what}: {', '.join(named)}{more}"
