"""The conditions under which a trained network may be differentiated without leaving a trace."""

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.ops.checks import one_call
from gradunc.uncertainty.compiled import uncompiled

_locks: weakref.WeakKeyDictionary[nn.Module, threading.RLock] = weakref.WeakKeyDictionary()
_registry_lock = threading.Lock()


def _lock_of(model: nn.Module) -> threading.RLock:
    with _registry_lock:
        return _locks.setdefault(model, threading.RLock())


@contextmanager
def evaluation(model: nn.Module, *, training: Callable[[nn.Module], bool] | None = None) -> Iterator[None]:
    """Eval mode, inference mode off, no gradient recording, one thread per model; training flags come back after.

    Args:
        model: the network.
        training: which of its modules are in training mode instead, for example dropout layers that are sampled.

    Parts of the model that torch.compile took over run uncompiled, because hooks do not fire in them.

    The range of the first image that is checked is looked at, not that of images made of it.

    Gradient recording stays off until a captured layer switches it on (see `capture.capture`).

    Raises:
        InputError: weights made under `torch.inference_mode`, which autograd refuses.
    """
    with _lock_of(model), torch.inference_mode(False), torch.no_grad(), uncompiled(model), one_call():
        _check_weights(model)
        wanted = [(module, training is not None and training(module)) for module in model.modules()]
        changed = [module for module, flag in wanted if module.training != flag]
        try:
            for module in changed:
                module.training = not module.training
            yield
        finally:
            for module in changed:
                module.training = not module.training


def _check_weights(model: nn.Module) -> None:
    for name, tensor in chain(model.named_parameters(), model.named_buffers()):
        if tensor.is_inference():
            raise InputError(
                f"'{name}' was created under torch.inference_mode, so it cannot be differentiated; "
                "load the model outside inference mode"
            )
