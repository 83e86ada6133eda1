"""A forward pass whose graph keeps, and whose backward pass computes, only what the gradient of FEATURES needs.

Ordinary recording also keeps what the gradients of weights need: the input of every convolution, which is most of the
memory of a decoder's graph. And where a decoder concatenates its features with an encoder's that have no graph, the
ordinary backward pass computes gradients for both and throws one away. Nobody asks for either here.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gradunc.ops.adjoints import Convolution, convolution_adjoint, padding_adjoint


class Recording(TorchFunctionMode):
    """Functions see parameters as constants in this context, in this thread; some are recorded leaner.

    The parameters and the network are not touched.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Called by PyTorch for each of its functions."""
        args = tuple(_frozen(value) for value in args)
        kwargs = {name: _frozen(value) for name, value in (kwargs or {}).items()}
        if func in _LEAN and torch.is_grad_enabled():
            return _LEAN[func](*args, **kwargs)
        return func(*args, **kwargs)


def _frozen(value: Any) -> Any:
    if isinstance(value, nn.Parameter):
        return value.detach()
    if isinstance(value, list | tuple) and any(isinstance(one, nn.Parameter) for one in value):
        return type(value)([_frozen(one) for one in value])
    return value


class _Origin(NamedTuple):
    """What a tensor was put together from: a convolution sends gradients there directly."""

    parts: tuple[tuple[int, Tensor], ...]
    """First channel and tensor of every part that is in the graph."""
    border: tuple[int, int, int, int]
    """Left, right, top and bottom cells of reflecting pad around them."""
    versions: tuple[int, ...]
    """Of the tensor and its parts; after a change in place of any of them the origin is not known."""

    @classmethod
    def of(cls, tensor: Tensor, parts: Sequence[tuple[int, Tensor]], border: Sequence[int] = (0, 0, 0, 0)) -> "_Origin":
        """With the versions as they are now."""
        left, right, top, bottom = border
        versions = (tensor._version, *(part._version for _, part in parts))
        return cls(tuple(parts), (left, right, top, bottom), versions)


def _remember(tensor: Tensor, parts: Sequence[tuple[int, Tensor]], border: Sequence[int] = (0, 0, 0, 0)) -> Tensor:
    tensor._gradunc_origin = _Origin.of(tensor, parts, border)  # pyright: ignore[reportAttributeAccessIssue]
    return tensor


def _origin(tensor: Tensor) -> _Origin:
    origin: _Origin | None = getattr(tensor, "_gradunc_origin", None)
    if origin is not None and origin.versions == _Origin.of(tensor, origin.parts).versions:
        return origin
    return _Origin.of(tensor, [(0, tensor)])


def _cat(tensors: list[Tensor] | tuple[Tensor, ...], *arguments: Any, **keywords: Any) -> Tensor:
    result = torch.cat(tensors, *arguments, **keywords)
    axis = arguments[0] if arguments else keywords.get("dim", keywords.get("axis", 0))
    if result.ndim != 4 or axis not in (1, -3) or not result.requires_grad:
        return result
    starts = [sum(one.shape[1] for one in tensors[:i]) for i in range(len(tensors))]
    return _remember(result, [(s, one) for s, one in zip(starts, tensors, strict=True) if one.requires_grad])


def _pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    if mode != "reflect" or len(pad) != 4 or min(pad) < 0 or input.ndim != 4 or not input.requires_grad:
        return F.pad(input, pad, mode, value)
    inner = _origin(input)
    result: Tensor = _ReflectionPad.apply(input, tuple(pad))  # pyright: ignore[reportAssignmentType]
    return result if any(inner.border) else _remember(result, inner.parts, pad)


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    learned = weight.requires_grad or (bias is not None and bias.requires_grad)
    if isinstance(padding, str) or learned or input.ndim != 4 or not input.requires_grad:
        return F.conv2d(input, weight, bias, stride, padding, dilation, groups)
    origin = _origin(input) if groups == 1 else _Origin.of(input, [(0, input)])
    starts, parts = zip(*origin.parts, strict=True)
    how = Convolution(_pair(stride), _pair(padding), _pair(dilation), groups)
    return _Convolution.apply(input.detach(), weight, bias, how, origin.border, starts, *parts)  # pyright: ignore[reportReturnType]


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    return value[0], value[-1]


class _Convolution(torch.autograd.Function):
    """Convolution that keeps its weights and sends its gradient to the parts of its input that want one."""

    @staticmethod
    def forward(
        ctx: Any,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        how: Convolution,
        border: tuple[int, int, int, int],
        starts: tuple[int, ...],
        *parts: Tensor,
    ) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.how, ctx.border = how, border
        ctx.size = (input.shape[-2], input.shape[-1])
        ctx.channels = [(start, part.shape[1]) for start, part in zip(starts, parts, strict=True)]
        ctx.channels_last = input.is_contiguous(memory_format=torch.channels_last)
        return F.conv2d(input, weight, bias, *how)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        # Under autocast the output, and so its gradient, has another type than the weights.
        weight = ctx.saved_tensors[0].to(gradients[0].dtype)
        found = []
        for start, count in ctx.channels:
            # With groups there is one part, all of the input, and a kernel sees only some of its channels.
            kernels = weight if ctx.how.groups > 1 else weight[:, start : start + count]
            gradient = convolution_adjoint(gradients[0], kernels, ctx.size, ctx.how, channels_last=ctx.channels_last)
            found.append(padding_adjoint(gradient, ctx.border, "reflect"))
        return None, None, None, None, None, None, *found


class _ReflectionPad(torch.autograd.Function):
    """Reflecting pad that keeps nothing."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, border: tuple[int, int, int, int]) -> Tensor:
        ctx.border = border
        return F.pad(input, border, mode="reflect")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return padding_adjoint(gradients[0], ctx.border, "reflect"), None


_LEAN: dict[Callable[..., Any], Callable[..., Tensor]] = {torch.conv2d: _conv2d, F.pad: _pad, torch.cat: _cat}
"""What is recorded differently."""
