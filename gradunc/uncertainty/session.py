"""The conditions under which a trained network may be differentiated without leaving a trace."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.ops.checks import one_call
from gradunc.uncertainty.compiled import uncompiled
from gradunc.uncertainty.draws import untouched
from gradunc.uncertainty.locks import MODULE_LOCKS


@contextmanager
def evaluation(
    model: nn.Module, *others: nn.Module, training: Callable[[nn.Module], bool] | None = None
) -> Iterator[None]:
    """Eval mode, inference mode off, no gradient recording, one thread per module.

    Training flags and the states of PyTorch's random generators come back after.

    Args:
        model: the network.
        others: networks that are evaluated within this context too, each in an `evaluation` of its own: no other
            thread gets their modules meanwhile, and none waits for this one while this one waits for it.
        training: which of its modules are in training mode instead, for example dropout layers that are sampled.

    Parts of the model that torch.compile took over run uncompiled, because hooks do not fire in them.

    The range of the first image that is checked is looked at, not that of images made of it.

    Gradient recording stays off until a captured layer switches it on (see `capture.capture`).

    Raises:
        InputError: weights made under `torch.inference_mode`, which autograd refuses, or without values.
    """
    with (
        MODULE_LOCKS.hold([model, *others]),
        untouched(model),
        torch.inference_mode(False),
        torch.no_grad(),
        uncompiled(model),
        one_call(),
    ):
        _check_weights(model)
        before = [(module, module.training) for module in model.modules()]
        try:
            _switch((module, training is not None and training(module)) for module, _ in before)
            yield
        finally:
            # All of them: a network may have switched itself.
            _switch(before)


def _switch(flags: Iterable[tuple[nn.Module, bool]]) -> None:
    for module, flag in flags:
        # Setting an attribute of a module takes longer than asking for it.
        if module.training != flag:
            module.training = flag


def _check_weights(model: nn.Module) -> None:
    for name, tensor in chain(model.named_parameters(), model.named_buffers()):
        if tensor.is_meta:
            raise InputError(f"'{name}' is on the meta device and has no values; load the weights first")
        if tensor.is_inference():
            raise InputError(
                f"'{name}' was created under torch.inference_mode, so it cannot be differentiated; "
                "load the model outside inference mode"
            )
