"""Where networks compute."""

import torch
from torch import nn

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


def device_of(module: nn.Module) -> torch.device:
    """Where the first weight or buffer of a module lies; the CPU for one without any."""
    first = next(module.parameters(), next(module.buffers(), None))
    return torch.device("cpu") if first is None else first.device
