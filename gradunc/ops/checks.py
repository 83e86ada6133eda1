"""What every network and estimator demands of a batch of images."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor
from torch._subclasses import FakeTensor
from torch.fx.experimental.proxy_tensor import get_proxy_mode

from gradunc.errors import InputError

OVERSHOOT = 0.25
"""How far values may lie outside of [0,1]: bicubic resampling (a = -0.75) overshoots a corner by 0.235."""

_call: ContextVar[list[bool] | None] = ContextVar("gradunc_image_check", default=None)
"""Of a call in which the network is asked several times: whether a range has been looked at."""


def check_image(image: Tensor) -> None:
    """Raise `InputError` unless `image` is (B,3,H,W) float with at least one pixel; see `check_range` too."""
    if not isinstance(image, Tensor):
        raise InputError(
            f"image must be a tensor (B,3,H,W) float in [0,1], but is a {type(image).__name__}; "
            "gradunc.predict(source, model) takes files, PIL images and NumPy arrays"
        )
    if image.ndim != 4 or image.shape[1] != 3 or image.numel() == 0 or not image.is_floating_point():
        raise InputError(
            f"image must be (B,3,H,W) float in [0,1], but is {tuple(image.shape)} {image.dtype}; "
            "divide 8-bit images by 255 and add the batch axis"
        )


def check_range(image: Tensor) -> None:
    """Raise `InputError` for values outside of [0,1] by more than `OVERSHOOT`: 8-bit or normalised images.

    Waits for the device once, and within `one_call` only the first time. NaN passes: it shows in the prediction. What
    is compiled, exported or captured as a CUDA graph is not looked at, because it must not depend on values.
    """
    call = _call.get()
    if (call and call[0]) or torch.compiler.is_compiling() or not has_values(image):
        return
    low, high = torch.stack(torch.aminmax(image.detach())).tolist()
    if low < -OVERSHOOT or high > 1 + OVERSHOOT:
        raise InputError(
            f"image must be in [0,1], but reaches from {low:g} to {high:g}; divide 8-bit images by 255, and leave "
            "mean and standard deviation to the network, which normalises by itself"
        )
    if call is not None:
        call[0] = True


def has_values(tensor: Tensor) -> bool:
    """Whether the values of a tensor may be looked at: not while it is compiled, exported, traced or captured."""
    batched = torch._C._functorch.is_batchedtensor(tensor)  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(tensor, FakeTensor) or batched or get_proxy_mode() is not None:
        return False
    return tensor.device.type != "meta" and not (tensor.is_cuda and torch.cuda.is_current_stream_capturing())


@contextmanager
def one_call(*, known: bool = False) -> Iterator[None]:
    """Look at the range of images once in this context, that of the first one; an outer context counts.

    Args:
        known: do not look at all: the images are of our own making.
    """
    token = _call.set([known]) if _call.get() is None or known else None
    try:
        yield
    finally:
        if token is not None:
            _call.reset(token)
