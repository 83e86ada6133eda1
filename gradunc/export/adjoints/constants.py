"""Tensors that depend on sizes only."""

from collections.abc import Callable

from torch import Tensor
from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing


def constant(make: Callable[[], Tensor]) -> Tensor:
    """What `make` gives, as a constant of the graph that is being traced and not as the operators that made it."""
    with disable_proxy_modes_tracing():
        return make()
