"""Forward passes in which the outputs of some modules are changed."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.wrappers import layer_root
from gradunc.uncertainty.gradient.layers import by_name


@contextmanager
def changed_outputs(model: nn.Module, changes: Mapping[str, Callable[[Tensor], Tensor]]) -> Iterator[set[str]]:
    """Every forward pass of this thread in here goes on with changed outputs.

    Args:
        model: the network.
        changes: name of a module whose output is a tensor, or a tuple that begins with one -> what makes another
            tensor of the same shape of it.

    Returns:
        The names of those that have run; it grows.

    Raises:
        InputError: a name of nothing, or, in the forward pass, a layer that returns something else.
    """
    ran: set[str] = set()
    thread = threading.get_ident()

    def hook(name: str, _module: nn.Module, _arguments: Any, output: Any) -> Any:
        if threading.get_ident() != thread:
            return None  # somebody else's forward pass
        ran.add(name)
        if isinstance(output, Tensor):
            return changes[name](output)
        if isinstance(output, tuple) and output and isinstance(output[0], Tensor):
            changed = changes[name](output[0])
            # Some networks return the same tensor twice and go on with the second.
            return tuple(changed if one is output[0] else one for one in output)
        raise InputError(f"layer '{name}' returns a {type(output).__name__}, not a map; choose one inside it")

    root = layer_root(model)
    with ExitStack() as stack:
        for name in changes:
            # Before other hooks, which may keep the output for later layers (transformers' hidden states).
            handle = by_name(root, name).register_forward_hook(partial(hook, name), prepend=True)
            stack.callback(handle.remove)
        yield ran
