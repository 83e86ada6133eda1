"""Interleaved timing, shared by the benchmarks."""

import statistics
import time
from collections.abc import Callable

import torch

from gradunc.ops.devices import synchronize

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
