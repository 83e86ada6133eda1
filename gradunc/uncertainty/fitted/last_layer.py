"""The last convolution of a network, as a linear map of its weights."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.wrappers import layer_root
from gradunc.uncertainty.asking import ask
from gradunc.uncertainty.fitted.tail import Tail
from gradunc.uncertainty.gradient.layers import weight_layers

AUTO = "auto"
AT_ONCE = 16
"""Filters that are applied together."""


class LastLayer:
    """A convolution with one output channel: logit = w'phi + b, phi the patch of its input, padded as it pads.

    Args:
        convolution: the layer.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        self.convolution = convolution

    @property
    def weights(self) -> Tensor:
        """(D,) w and, if there is one, b."""
        bias = self.convolution.bias
        parts = [self.convolution.weight.detach().flatten(), *([] if bias is None else [bias.detach()])]
        return torch.cat(parts).float()

    @property
    def size(self) -> int:
        """D, how many weights there are."""
        return len(self.weights)

    def maps(self, feature: Tensor, filters: Tensor) -> Tensor:
        """Products of the patches with several weight vectors.

        Args:
            feature: (B,C,H,W) input of the layer.
            filters: (K,D) in the place of the weights.

        Returns:
            (B,K,h,w): the layer itself with other weights, so that patches and border are those that it sees.
        """
        shape = self.convolution.weight.shape[1:]
        bias = None if self.convolution.bias is None else filters[:, -1].contiguous()
        kernels = filters[:, : shape.numel()].reshape(-1, *shape)
        return self.convolution._conv_forward(feature.to(filters.dtype), kernels, bias)

    def carried(self, feature: Tensor, tail: Tail, filters: Tensor) -> Iterator[Tensor]:
        """The maps of all filters, carried to the values; (B,up to `AT_ONCE`,H,W) at a time."""
        for part in filters.split(AT_ONCE):
            yield tail.carry(self.maps(feature, part))

    def rows(self, feature: Tensor, tail: Tail, most: int) -> tuple[Tensor, slice]:
        """J phi of the pixels of one image, at most `most` of them, evenly spread.

        Returns:
            (n,D) and which of the H W pixels they are.
        """
        pixels = tail.slope.shape[-2:].numel()
        chosen = slice(None, None, -(-pixels // most))
        single = torch.eye(self.size, device=feature.device)
        return torch.cat([part[0].flatten(1)[:, chosen] for part in self.carried(feature, tail, single)]).T, chosen


def last_layer_name(model: nn.Module, layer: str, image: Tensor, inputs: Mapping[str, Any]) -> str:
    """Name of the last convolution.

    Args:
        model: the network.
        layer: the name, or "auto": the finest head of our families, and in other networks the last layer that runs.
        image: (1,3,H,W) example.
        inputs: further arguments of the network.

    Raises:
        InputError: no such layer, or one of another kind.
    """
    root = layer_root(model)
    modules = {name: one for name, one in root.named_modules() if _is_single(one)}
    if layer != AUTO:
        if layer not in modules:
            known = ", ".join(modules) or "none"
            raise InputError(
                f"layer='{layer}' is no convolution (nn.Conv2d) with one output channel, the last of the network; "
                f"it has: {known}"
            )
        return layer
    heads = getattr(model, "scale_heads", None)
    if isinstance(heads, nn.ModuleList):
        return next(name for name, one in root.named_modules() if one is heads[0])
    last = _last_that_runs(model, image, inputs)
    if last not in modules:
        if not last:
            raise InputError(f"no layer with weights runs in {type(root).__name__}; last_layer_laplace is not for it")
        raise InputError(
            f"the last layer that runs in {type(root).__name__}, '{last}', is no convolution (nn.Conv2d) with one "
            "output channel, so that its depth is no function of one logit; name such a convolution with layer=, or "
            "use another method"
        )
    return last


def _last_that_runs(model: nn.Module, image: Tensor, inputs: Mapping[str, Any]) -> str:
    """Name of the last module with a weight matrix of its own that a pass reaches; "" if there is none."""
    ran = [""]
    root = layer_root(model)
    with ExitStack() as stack, torch.no_grad():
        for name in weight_layers(root):
            hook: Callable[..., None] = partial(lambda name, _module, _given, _output: ran.append(name), name)
            stack.callback(root.get_submodule(name).register_forward_hook(hook).remove)
        ask(model, image, inputs)
    return ran[-1]


def _is_single(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.out_channels == 1
