"""Interleaved timing and peak memory, shared by the benchmarks."""

import statistics
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Runs = dict[str, Callable[[], object]]


def interleaved(runs: Runs, repeats: int, device: torch.device) -> dict[str, float]:
    """Median seconds of every run, one call of each per round, after two rounds of warming up.

    A busy machine slows all runs alike, so that their ratios hold.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for round_number in range(repeats + 2):
        for name, run in runs.items():
            synchronize(device)
            start = time.perf_counter()
            run()
            synchronize(device)
            if round_number >= 2:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def synchronize(device: torch.device) -> None:
    """Wait for the accelerator."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_bytes(run: Callable[[], object], weights: Iterable[Tensor], device: torch.device) -> int:
    """Most bytes of tensors that lived at once during `run`, without weights and what lived before."""
    if device.type == "cuda":
        synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        run()
        synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with _Live(weights) as live:
        run()
    return live.peak


class _Live(TorchDispatchMode):
    """Adds up the storages of all results as they come and go."""

    def __init__(self, ignored: Iterable[Tensor]) -> None:
        super().__init__()
        self._ignored = {tensor.untyped_storage()._cdata for tensor in ignored}
        self._bytes: dict[int, int] = {}
        self._now = self.peak = 0

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._see(tensor.untyped_storage())
        return result

    def _see(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._ignored or key in self._bytes:
            return
        self._bytes[key] = storage.nbytes()
        self._now += storage.nbytes()
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._gone, key)

    def _gone(self, key: int) -> None:
        self._now -= self._bytes.pop(key, 0)
