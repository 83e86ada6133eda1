"""Where networks compute, and in what precision."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from gradunc.errors import InputError


def choose_device(name: str) -> torch.device:
    """The device of a `device=` option: "auto" is a GPU if there is one.

    Raises:
        InputError: this machine does not have it.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device='{name}' is not available here: {str(error).splitlines()[0]}") from error
    return device


def synchronize(device: torch.device) -> None:
    """Wait until an accelerator has done what it was told; nothing for the CPU."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def in_double(values: Tensor) -> Tensor:
    """In float64, on the CPU if the device has none (MPS)."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def device_of(module: nn.Module) -> torch.device:
    """Where the first weight or buffer of a module lies; the CPU for one without any."""
    first = next(_held(module), None)
    return torch.device("cpu") if first is None else first.device


def dtype_of(module: nn.Module) -> torch.dtype:
    """Of the first weight or buffer that is a floating point number; PyTorch's default for a module without any."""
    return next((one.dtype for one in _held(module) if one.is_floating_point()), torch.get_default_dtype())


def _held(module: nn.Module) -> Iterator[Tensor]:
    yield from module.parameters()
    yield from module.buffers()
