"""Parts of a network that torch.compile took over: hooks do not fire in them, so they run uncompiled meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class _Switch:
    """PyTorch's switch is one for all threads: the first who needs it turns it, the last one turns it back."""

    def __init__(self) -> None:
        self._lock, self._users, self._stance = threading.Lock(), 0, None

    def take(self) -> None:
        """Compiled code runs as plain Python from now on."""
        with self._lock:
            if self._users == 0:
                self._stance = torch.compiler.set_stance("force_eager")
            self._users += 1

    def give_back(self) -> None:
        """As before, if nobody else needs it."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._stance is not None:
                self._stance.__exit__(None, None, None)


_switch = _Switch()


@contextmanager
def uncompiled(model: nn.Module) -> Iterator[None]:
    """Run the compiled parts of a model, if it has any, as plain Python; results differ by rounding only."""
    if not any(_is_compiled(module) for module in model.modules()):
        yield
        return
    _switch.take()
    try:
        yield
    finally:
        _switch.give_back()


def _is_compiled(module: nn.Module) -> bool:
    """By `torch.compile(module)`, or in place by `module.compile()`."""
    return "_orig_mod" in module._modules or getattr(module, "_compiled_call_impl", None) is not None
