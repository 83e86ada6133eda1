"""The most memory that tensors hold at once while a function runs."""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gradunc.ops.devices import synchronize

_ENTRIES = (torch.ops.aten.lift_fresh.default, torch.ops.aten.lift.default)
"""Where what `torch.tensor(...)` has filled is seen first: their argument is new, too."""


def peak_bytes(run: Callable[[], object], device: torch.device) -> int:
    """Bytes of tensors on a device at their peak during `run`, above what was held before; its result counts.

    On CUDA, the statistics of PyTorch's allocator, which also see the temporary memory of single operators, in blocks
    of 512 bytes; they are the process's, other threads included, and its peak is reset. Elsewhere there are no such
    statistics: the storages of what every operator is given and returns are followed until they are freed, those that
    autograd keeps and those of the backward pass included. Not seen are other threads, temporaries inside of one
    operator (reordered and unfolded inputs of a convolution: 0 to 1 % more for a ResNet-18, half as much again for
    networks of a few thin layers), storages that no operator has touched, and sparse tensors.

    Args:
        run: allocates and frees.
        device: whose memory is meant.
    """
    if device.type == "cuda":
        synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        run()
        synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with _Live(device) as live:
        run()
    return live.peak


class _Live(TorchDispatchMode):
    """Adds up storages on a device as they come and go: those seen as an argument first were there before."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self._device = device
        self._held: dict[int, tuple[int, weakref.ref[torch.UntypedStorage]]] = {}
        """Address of every storage that is alive -> its bytes, and what tells its end."""
        self._now = self.peak = 0

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = (args, kwargs or {})
        if func not in _ENTRIES:
            for storage in self._storages(given):
                if storage._cdata not in self._held:
                    self._hold(storage)
        result = func(*args, **given[1])
        # Arguments again: an operator may have made its output larger.
        for storage in self._storages((given, result)):
            before = self._held[storage._cdata][0] if storage._cdata in self._held else 0
            if storage.nbytes() != before:
                self._now += storage.nbytes() - before
                self._hold(storage)
        self.peak = max(self.peak, self._now)
        return result

    def _storages(self, tree: Any) -> Iterator[torch.UntypedStorage]:
        for leaf in tree_leaves(tree):
            if isinstance(leaf, Tensor) and leaf.device == self._device and leaf.layout is torch.strided:
                yield leaf.untyped_storage()

    def _hold(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        self._held[key] = storage.nbytes(), weakref.ref(storage, lambda _, key=key: self._free(key))

    def _free(self, key: int) -> None:
        self._now -= self._held.pop(key)[0]
