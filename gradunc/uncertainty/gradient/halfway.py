"""A forward pass whose graph ends at one module: what runs behind it keeps none, or does not run at all."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.types import DepthPrediction


class Halfway(NamedTuple):
    """What such a pass gave."""

    raw: Any
    """What the module returned, with graph."""
    full: DepthPrediction | None
    """The prediction, without graph; None if the pass has ended at the module."""

    __repr__ = brief_repr


def run_until(module: nn.Module, name: str, run: Callable[[], DepthPrediction], *, finish: bool) -> Halfway:
    """Run a network that has one `forward` and cannot be asked to stop.

    A hook at the module keeps what it returns, switches recording off and hands on a copy without graph, so that an
    activation behind it that works in place cannot overwrite it. Passes of other threads are left alone; recording
    is as it was before the hook afterwards.

    Args:
        module: of the network.
        name: its name, for messages.
        run: the forward pass.
        finish: whether what runs behind the module is wanted; else the pass ends there.

    Raises:
        InputError: the module does not run, or runs twice.
    """
    seen: list[tuple[Any, bool]] = []
    thread = threading.get_ident()

    def see(_module: nn.Module, _arguments: Any, output: Any) -> Any:
        if threading.get_ident() != thread:
            return None
        if seen:
            raise InputError(f"coarse='{name}' runs twice in one forward pass, so its output is not one map")
        seen.append((output, torch.is_grad_enabled()))
        if not finish:
            raise _Ended
        torch.set_grad_enabled(False)
        return tree_map(_copy, output)

    handle = module.register_forward_hook(see)
    full = None
    try:
        full = run()
    except _Ended:
        pass
    finally:
        handle.remove()
        if seen:
            torch.set_grad_enabled(seen[0][1])
    if not seen:
        raise InputError(
            f"coarse='{name}' was never reached by the forward pass (a head that runs in training only?); name another "
            "module, or give adapt a forward that asks for it"
        )
    return Halfway(seen[0][0], None if full is None else DepthPrediction(full.depth.detach()))


class _Ended(BaseException):
    """The module has answered. No `Exception`, because networks may catch those."""


def _copy(leaf: Any) -> Any:
    return leaf.detach().clone() if isinstance(leaf, Tensor) else leaf
