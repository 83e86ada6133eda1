"""What an estimate costs on this machine, in time and memory. `cost.py` counts what depends on no machine."""

import statistics
import time
from typing import Any, NamedTuple

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.devices import synchronize
from gradunc.ops.memory import peak_bytes
from gradunc.ops.wrappers import bare
from gradunc.types import UncertaintyEstimate, UncertaintyEstimator
from gradunc.uncertainty.draws import untouched
from gradunc.uncertainty.locks import MODULE_LOCKS
from gradunc.uncertainty.passes import shared_passes


class Measured(NamedTuple):
    """Time and memory of an estimate."""

    milliseconds: float
    """Median wall time of an image."""
    peak_bytes: int
    """Most bytes that tensors held at once during the whole call, above what was held before."""


def measure(
    estimator: UncertaintyEstimator, image: Tensor, *, model: nn.Module, repeats: int = 5, **inputs: Any
) -> Measured:
    """Time and memory of `estimator.estimate(image, **inputs)`, prediction included.

    Nothing is reused: each call has shared passes of its own. The first call, in which layers are found and libraries
    choose their algorithms, counts for neither; time and memory are measured in different calls. `repeats` + 2 calls.
    `ops/memory.py` says what the peak covers: on the CPU no temporaries inside of single operators.

    Args:
        estimator: any that is ready to estimate.
        image: (B,3,H,W) on the network's device; a single image is what the memory of `predict` is for.
        model: the network that is asked; no other thread gets it meanwhile, and random generators stay as they are.
        repeats: calls that are timed, at least 1.
        inputs: further arguments of `estimate`.

    Raises:
        InputError: fewer repeats, or what `estimate` raises.
    """
    if repeats < 1:
        raise InputError(f"repeats={repeats} must be at least 1: a call has to be timed")

    def call() -> UncertaintyEstimate:
        with shared_passes():
            return estimator.estimate(image, **inputs)

    network, device = bare(model), image.device
    with MODULE_LOCKS.hold([network]), untouched(network):
        call()
        seconds = []
        for _ in range(repeats):
            synchronize(device)
            start = time.perf_counter()
            call()
            synchronize(device)
            seconds.append(time.perf_counter() - start)
        return Measured(1000 * statistics.median(seconds) / len(image), peak_bytes(call, device))
