"""Choosing layers of a network by name, and holding on to what they compute during one forward pass."""

import fnmatch
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError, nearest


def select_layers(model: nn.Module, patterns: Sequence[str]) -> tuple[str, ...]:
    """Names of the modules that the patterns name, in the order of `named_modules`, each once.

    A pattern is a name or a glob (`decoder.blocks.*.conv`); `!pattern` takes away again.

    Raises:
        InputError: a pattern that matches nothing, with the nearest names.

    >>> net = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1))
    >>> select_layers(net, ["*", "!1"])
    ('0', '2')
    """
    names = [name for name, _ in model.named_modules() if name]
    if not patterns:
        raise InputError("no layer is given; name at least one, for example 'decoder.blocks.6.conv'")
    chosen: set[str] = set()
    for pattern in patterns:
        matches = fnmatch.filter(names, pattern.removeprefix("!"))
        if not matches:
            raise InputError(f"the model has no layer '{pattern}'; nearest: {', '.join(nearest(pattern, names, 3))}")
        chosen = chosen - set(matches) if pattern.startswith("!") else chosen | set(matches)
    if not chosen:
        raise InputError(f"the patterns {list(patterns)} leave no layer")
    return tuple(name for name in names if name in chosen)


@contextmanager
def capture(model: nn.Module, names: Sequence[str]) -> Iterator[Mapping[str, Tensor]]:
    """Collect the outputs of named modules during ONE forward pass run in this context, as tensors of a graph.

    Run the forward under `no_grad`: the first selected layer switches recording on and its output becomes a leaf, so
    that nothing in front of it keeps a graph and no parameter needs a gradient. Later selected layers stay in that
    graph, parallel branches get leaves of their own. The network goes on with a copy, so that an activation that
    works in place cannot overwrite what was captured. Forward passes of other threads are left alone; the hooks are
    gone afterwards, also after an exception.

    Raises (inside the forward pass):
        InputError: a module that is called twice, or whose output is no tensor.
    """
    modules = dict(model.named_modules())
    captured: dict[str, Tensor] = {}
    thread = threading.get_ident()

    def hook(name: str, output: Any) -> Tensor | None:
        if threading.get_ident() != thread:
            return None
        if name in captured:
            raise InputError(f"layer '{name}' runs twice in one forward pass, so its gradient is not one map")
        if not isinstance(output, Tensor):
            raise InputError(f"layer '{name}' returns a {type(output).__name__}, not a tensor; choose one inside it")
        torch.set_grad_enabled(True)
        if not output.requires_grad:
            output = output.detach().requires_grad_()
        captured[name] = output
        return output.clone()

    handles = [
        modules[name].register_forward_hook(lambda _module, _args, output, name=name: hook(name, output))
        for name in names
    ]
    try:
        yield captured
    finally:
        for handle in handles:
            handle.remove()
