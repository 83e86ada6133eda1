"""Values of an optimiser step that a flag on the device puts back, without waiting for the device."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer


class Protected:
    """What a step may change, as it was before.

    Args:
        tensors: weights and buffers; copied.
        optimizer: its moments are protected too, if given.
    """

    @torch.no_grad()
    def __init__(self, tensors: Iterable[Tensor], optimizer: Optimizer | None = None) -> None:
        self._kept = [(tensor, tensor.detach().clone()) for tensor in tensors]
        self._optimizer = optimizer
        self._moments = {id(moment): moment.clone() for moment in _moments(optimizer)}

    @torch.no_grad()
    def restore(self, flag: Tensor) -> None:
        """Put everything back where `flag`, () bool on the device of the tensors, is True.

        A moment that the step has made begins at 0, as those of Adam do. Counters that PyTorch keeps on the CPU go on:
        on another device, the bias correction of the next steps counts a step that was left out.
        """
        pairs = [*self._kept, *((moment, self._moments.get(id(moment))) for moment in _moments(self._optimizer))]
        for tensor, kept in pairs:
            if tensor.device == flag.device:
                before = torch.zeros_like(tensor) if kept is None else kept
                tensor.detach().copy_(torch.where(flag, before, tensor))


def _moments(optimizer: Optimizer | None) -> list[Tensor]:
    states = [] if optimizer is None else optimizer.state.values()
    return [value for state in states for value in state.values() if isinstance(value, Tensor)]
