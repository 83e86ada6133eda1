"""Numbers that are NaN or infinite: where they are, without waiting for the device more than once."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor


def broken(values: Iterable[Tensor]) -> Tensor:
    """Which of n tensors hold a NaN or infinite value: any shapes, one device -> (n,) bool on that device.

    >>> broken([torch.tensor([1.0, 2.0]), torch.tensor(float("nan"))]).tolist()
    [False, True]
    """
    # The largest magnitude of a tensor keeps its NaN, and cannot overflow as a sum of squares does.
    largest = [one.detach().abs().amax() if one.numel() else one.new_zeros(()) for one in values]
    return ~torch.stack([one.float() for one in largest]).isfinite() if largest else torch.zeros(0, dtype=torch.bool)


def broken_name(state: Mapping[str, Tensor]) -> str | None:
    """Name of the first floating tensor, for example of a `state_dict`, that is not finite; None if all are."""
    floating = {name: value for name, value in state.items() if value.is_floating_point()}
    # A network may lie on several devices; each is asked once.
    found: set[str] = set()
    for device in {value.device for value in floating.values()}:
        names = [name for name, value in floating.items() if value.device == device]
        flags = broken(floating[name] for name in names).tolist()
        found |= {name for name, flag in zip(names, flags, strict=True) if flag}
    return next((name for name in state if name in found), None)
