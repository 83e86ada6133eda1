"""Choosing layers of a network: by name, glob or index."""

import fnmatch
from collections.abc import Sequence
from typing import Any

from torch import nn

from gradunc.errors import InputError, nearest

PUBLISHED = "decoder.blocks.6.conv"
"""The layer of the published settings in the published network, where it is the last one at 1/4 of the resolution."""

AUTO, COARSE = "auto", "coarse"
"""Let the estimator choose one layer or several; see `gradunc.uncertainty.gradient.listing.automatic_layers`."""


def by_name(model: nn.Module, name: str) -> nn.Module:
    """The module of that name.

    Raises:
        InputError: there is none, with the nearest names.
    """
    modules = dict(model.named_modules())
    if name not in modules or not name:
        raise _no_layer(name, [one for one in modules if one])
    return modules[name]


def weight_layers(model: nn.Module) -> tuple[str, ...]:
    """What an index counts: modules with a weight matrix of their own, those of `decoder` first, then the others.

    In a Monodepth2 network 0 to 9 are the decoder blocks' convolutions in the published order, 10 the finest head.
    """
    names = [
        name
        for name, module in model.named_modules()
        if name and any(parameter.ndim >= 2 for parameter in module.parameters(recurse=False))
    ]
    return tuple(sorted(names, key=lambda name: not name.startswith("decoder.")))


def patterns(layers: Any) -> list[str | int]:
    """One pattern or several as a list.

    Raises:
        InputError: something that is neither a name nor an index.

    >>> patterns("decoder.*"), patterns([6, "head"])
    (['decoder.*'], [6, 'head'])
    """
    given = list(layers) if isinstance(layers, Sequence) and not isinstance(layers, str) else [layers]
    for pattern in given:
        if not isinstance(pattern, str | int) or isinstance(pattern, bool):
            raise InputError(f"layers must be names, globs, indices, 'auto' or 'coarse', not {pattern!r}")
    return given


def select_layers(model: nn.Module, patterns: Sequence[str | int]) -> tuple[str, ...]:
    """Names of the modules that the patterns name, in the order of `named_modules`, each once.

    A pattern is a name, a glob (`decoder.blocks.*.conv`) or an index into `weight_layers`; `!pattern` takes away again.

    Raises:
        InputError: a pattern that matches nothing, with the nearest names.

    >>> net = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1))
    >>> select_layers(net, ["*", "!1"])
    ('0', '2')
    >>> select_layers(net, [1])
    ('2',)
    """
    names = [name for name, _ in model.named_modules() if name]
    if not patterns:
        raise InputError(f"no layer is given; name at least one, for example '{PUBLISHED}', or 'auto'")
    chosen: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, int):
            chosen.add(_by_index(model, pattern))
            continue
        matches = fnmatch.filter(names, pattern.removeprefix("!"))
        if not matches:
            raise _no_layer(pattern, names)
        chosen = chosen - set(matches) if pattern.startswith("!") else chosen | set(matches)
    if not chosen:
        raise InputError(f"the patterns {list(patterns)} leave no layer")
    return tuple(name for name in names if name in chosen)


def _no_layer(name: str, names: Sequence[str]) -> InputError:
    """For a name or a pattern that is none of the model's."""
    near = ", ".join(nearest(name.removeprefix("!"), names, 3))
    hint = f"; nearest: {near}" if near else ""
    return InputError(
        f"the model has no layer '{name}'{hint}; gradunc.list_layers names all, layers='auto' chooses one"
    )


def _by_index(model: nn.Module, index: int) -> str:
    layers = weight_layers(model)
    if not 0 <= index < len(layers):
        raise InputError(f"layer {index} does not exist; the model has layers 0 to {len(layers) - 1}, see list_layers")
    return layers[index]


def short(names: Sequence[str]) -> str:
    """Names in one line.

    >>> short(["blocks.0", "blocks.1", "blocks.2"])
    'blocks.0 to blocks.2 (3 layers)'
    """
    return ", ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]} ({len(names)} layers)"
