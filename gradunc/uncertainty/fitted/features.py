"""What layers of a frozen network compute, read during a plain pass without graph."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.wrappers import layer_root
from gradunc.types import DepthPrediction
from gradunc.uncertainty.gradient.layers import by_name
from gradunc.uncertainty.passes import anew


def with_features(
    model: nn.Module, image: Tensor, inputs: Mapping[str, Any], layers: Sequence[str]
) -> tuple[DepthPrediction, dict[str, Tensor]]:
    """One plain pass, shared with estimators that come later, and the outputs of layers in it.

    Call it inside `session.evaluation(model)`.

    Args:
        model: returns a `DepthPrediction`.
        image: (B,3,H,W) float in [0,1].
        inputs: further arguments of the network.
        layers: names of modules.

    Returns:
        The prediction, and name -> copy of the output, a map (B,C,h,w) or tokens (B,N,C).

    Raises:
        InputError: a layer that does not exist, did not run, ran twice or gives no tensor of that kind.
    """
    with recorded(model, layers) as found:
        prediction = anew(model, image, inputs)
    if missing := [name for name in layers if name not in found]:
        raise InputError(f"layer '{missing[0]}' was never reached by the forward pass, so it has no features")
    return prediction, found


def channels_of(model: nn.Module, layer: str) -> int | None:
    """Of a layer's output, if the layer says them: a convolution does."""
    return getattr(by_name(layer_root(model), layer), "out_channels", None)


@contextmanager
def recorded(model: nn.Module, outputs_of: Sequence[str], inputs_of: Sequence[str] = ()) -> Iterator[dict[str, Tensor]]:
    """Copies of outputs and of first arguments of modules, from ONE pass of this thread; see `with_features`."""
    found: dict[str, Tensor] = {}
    root, thread = layer_root(model), threading.get_ident()

    def keep(name: str, value: Any) -> None:
        if threading.get_ident() != thread:
            return  # somebody else's forward pass
        value = value[0] if isinstance(value, tuple | list) and value else value
        if not isinstance(value, Tensor) or value.ndim not in (3, 4):
            what = tuple(value.shape) if isinstance(value, Tensor) else f"a {type(value).__name__}"
            raise InputError(f"layer '{name}' has no map (B,C,h,w) or tokens (B,N,C) but {what}; choose another one")
        if name in found:
            raise InputError(f"layer '{name}' runs twice in one forward pass, so its features are not one map")
        # An activation behind it may work in place.
        found[name] = value.detach().clone()

    with ExitStack() as stack:
        for name in outputs_of:
            hook: Callable[..., None] = partial(lambda name, _module, _given, output: keep(name, output), name)
            stack.callback(by_name(root, name).register_forward_hook(hook, prepend=True).remove)
        for name in inputs_of:
            before: Callable[..., None] = partial(lambda name, _module, given: keep(name, given), name)
            stack.callback(by_name(root, name).register_forward_pre_hook(before, prepend=True).remove)
        yield found
