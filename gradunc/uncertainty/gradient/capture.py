"""Holding on to what chosen layers compute during one forward pass."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import CheckpointError

from gradunc.errors import InputError

T = TypeVar("T")


class Captured:
    """Outputs of the captured layers, as tensors of a graph."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.tensors: dict[str, Tensor] = {}
        self._thread = threading.get_ident()
        self._paused = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Forward passes in this context are left alone and keep no graph."""
        self._paused = True
        try:
            with torch.no_grad():
                yield
        finally:
            self._paused = False

    def hook(self, name: str, output: Any) -> Any:
        """Keep a layer's output and hand on a copy."""
        if self._paused or threading.get_ident() != self._thread:
            return None
        if name in self.tensors:
            raise InputError(f"layer '{name}' runs twice in one forward pass, so its gradient is not one map")
        if isinstance(output, tuple) and output and isinstance(output[0], Tensor):
            first = output[0]
            copy = self._keep(name, first)
            # Some networks return the same tensor twice and go on with the second.
            return tuple(copy if one is first else one for one in output)
        if not isinstance(output, Tensor):
            raise InputError(f"layer '{name}' returns a {type(output).__name__}, not a tensor; choose one inside it")
        return self._keep(name, output)

    def _keep(self, name: str, output: Tensor) -> Tensor:
        torch.set_grad_enabled(True)
        if not output.requires_grad:
            output = output.detach().requires_grad_()
        self.tensors[name] = output
        return output.clone()


@contextmanager
def capture(model: nn.Module, names: Sequence[str]) -> Iterator[Captured]:
    """Collect the outputs of named modules during ONE forward pass run in this context, as tensors of a graph.

    Run the forward under `no_grad`: the first selected layer switches recording on and its output becomes a leaf, so
    that nothing in front of it keeps a graph and no parameter needs a gradient. Later selected layers stay in that
    graph, parallel branches get leaves of their own. The network goes on with a copy, so that an activation that
    works in place cannot overwrite what was captured. Of a tuple the first tensor counts. Forward passes of other
    threads are left alone; the hooks are gone afterwards, also after an exception.

    Raises (inside the forward pass):
        InputError: a module that is called twice, or whose output is no tensor.
    """
    modules = dict(model.named_modules())
    captured = Captured(names)
    handles = [
        # Before other hooks, which may keep the output for later layers (transformers' hidden states).
        modules[name].register_forward_hook(
            lambda _module, _args, output, name=name: captured.hook(name, output), prepend=True
        )
        for name in names
    ]
    try:
        yield captured
    finally:
        for handle in handles:
            handle.remove()


def backpropagate(loss: Tensor, captured: Captured, reduce: Callable[[Tensor], T]) -> dict[str, T]:
    """What `reduce` makes of the gradient of the summed loss at every captured layer.

    Each gradient is reduced as soon as it is complete, so that those of many layers never live at once.

    Args:
        loss: (b,).
        captured: after the forward pass.
        reduce: gets a gradient of the shape of the layer's output.

    Raises:
        InputError: a layer that the forward pass did not reach, or that does not influence the loss.
    """
    missing = [name for name in captured.names if name not in captured.tensors]
    if missing:
        raise InputError(
            f"layer '{missing[0]}' was never reached by the forward pass "
            "(the head of a coarser scale, or inside a part that torch.compile took over?)"
        )
    reduced: dict[str, T] = {}

    def keep(name: str, gradient: Tensor) -> None:
        with torch.no_grad():
            reduced[name] = reduce(gradient)

    handles = [tensor.register_hook(partial(keep, name)) for name, tensor in captured.tensors.items()]
    try:
        if loss.requires_grad:
            with torch.enable_grad():
                torch.autograd.grad(loss.sum(), _ends(list(captured.tensors.values())), allow_unused=True)
    except CheckpointError as error:
        raise InputError(
            "the network recomputes activations (torch.utils.checkpoint) in eval mode, which cannot be differentiated "
            "here; switch it off, as with model.gradient_checkpointing_disable()"
        ) from error
    finally:
        for handle in handles:
            handle.remove()
    unused = [name for name in captured.names if name not in reduced]
    if unused:
        raise InputError(
            f"layer '{unused[0]}' does not influence the depth, so it has no gradient "
            "(or the network itself runs it under no_grad, or behind its coarse output)"
        )
    return {name: reduced[name] for name in captured.names}


def _ends(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Those that the gradient has to be carried to so that it passes all: the leaves, and what no leaf stands before.

    A branch parallel to the first layer is no leaf if its own weights are trainable.
    """
    leaves = {id(tensor) for tensor in tensors if tensor.is_leaf}

    def behind_a_leaf(tensor: Tensor) -> bool:
        nodes, seen = [tensor.grad_fn], set[Any]()
        while nodes:
            node = nodes.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            if id(getattr(node, "variable", None)) in leaves:
                return True
            nodes += [following for following, _ in node.next_functions]
        return False

    return [tensor for tensor in tensors if tensor.is_leaf or not behind_a_leaf(tensor)]
