"""State dicts as files hold them: inside other mappings, under prefixes of wrappers, with values of any kind."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from reprlib import repr as short
from typing import Any

import torch
from torch import Tensor

from gradunc.advice import advise
from gradunc.errors import InputError

WRAPPERS = frozenset({"module", "_orig_mod"})
"""Parts of keys that come from data parallelism and `torch.compile`, not from the network."""
DEEPEST = 4
"""Mappings inside mappings that are looked into for the weights; a file may hold itself."""


def unwrapped(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a file holds, without a mapping such as {"state_dict": ...} around the weights; numbers beside it stay.

    >>> unwrapped({"epoch": 3, "state_dict": {"a": torch.ones(1)}})
    {'epoch': 3, 'a': tensor([1.])}
    """
    found = dict(content)
    for _ in range(DEEPEST):
        inside = {key: value for key, value in found.items() if isinstance(value, Mapping)}
        # At first those with tensors at hand: the state of an optimiser has them deeper.
        holding = [key for key, value in inside.items() if _tensors_at_hand(value)]
        holding = holding or [key for key, value in inside.items() if _tensors_below(value)]
        chosen = _averaged(inside, holding) or ("state_dict" if "state_dict" in holding else None)
        chosen = holding[0] if chosen is None and len(holding) == 1 else chosen
        if chosen is None:
            return found
        found = {key: value for key, value in found.items() if key not in inside} | dict(inside[chosen])
    return found


def _averaged(inside: Mapping[str, Mapping[Any, Any]], holding: Sequence[str]) -> str | None:
    """Of two mappings of the same weights, the one that a training has averaged; None if there are no such twins."""
    averaged = [key for key in holding if "ema" in key.lower().split("_")]
    if len(averaged) != 1:
        return None
    twins = [key for key in holding if key != averaged[0] and inside[key].keys() == inside[averaged[0]].keys()]
    if not twins:
        return None
    advise(f"the file holds its weights twice ({twins[0]}, {averaged[0]}); the averaged ones are taken, {averaged[0]}")
    return averaged[0]


def _tensors_at_hand(content: Mapping[Any, Any]) -> bool:
    return any(isinstance(value, Tensor) for value in content.values())


def _tensors_below(content: Mapping[Any, Any]) -> bool:
    """Whether mappings inside a mapping have tensors; each is looked at once, because a file may hold itself."""
    seen: set[int] = set()
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        if _tensors_at_hand(one):
            return True
        seen.add(id(one))
        waiting += [value for value in one.values() if isinstance(value, Mapping)]
    return False


def bare_key(key: str) -> str:
    """A key without the parts that wrappers put into it.

    >>> bare_key("module._orig_mod.encoder.conv1.weight")
    'encoder.conv1.weight'
    """
    return ".".join(part for part in key.split(".") if part not in WRAPPERS)


def below(content: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The entries of a state dict under a prefix "name.", which may stand behind wrappers; without it.

    >>> below({"module.depth_model.module.a": 1, "pose_network.b": 2}, "depth_model.")
    {'module.a': 1}
    """
    found: dict[str, Any] = {}
    for key, value in content.items():
        parts = key.split(".") if isinstance(key, str) else []
        while parts and parts[0] in WRAPPERS:
            del parts[0]
        name = ".".join(parts)
        if name.startswith(prefix):
            found[name.removeprefix(prefix)] = value
    return found


def check_weights(weights: Mapping[Any, Any], path: Path) -> dict[str, Tensor]:
    """The same mapping, if every value is a tensor that a network can take.

    Raises:
        InputError: a key that is no name; a value that is no tensor, or sparse, complex, quantised or without data.
    """
    for key, value in weights.items():
        if not isinstance(key, str):
            raise InputError(f"{path} is damaged: the key {short(key)} of its weights is no name")
        if not isinstance(value, Tensor):
            raise InputError(f"{path} is damaged: its weight '{key}' is a {type(value).__name__}, not a tensor")
        kind = next((name for name, test in _UNUSABLE if test(value)), None)
        if kind is not None:
            raise InputError(f"{path}: its weight '{key}' is {kind}; save it as an ordinary tensor of real numbers")
    return dict(weights)


_UNUSABLE: tuple[tuple[str, Callable[[Tensor], bool]], ...] = (
    ("a tensor without data (meta)", lambda value: value.is_meta),
    ("quantised", lambda value: value.is_quantized),
    ("sparse", lambda value: value.layout != torch.strided),
    ("nested", lambda value: value.is_nested),
    ("complex", lambda value: value.is_complex()),
)
