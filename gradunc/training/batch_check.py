"""What is known of one batch of training: which of its losses are not finite, and what a user needs to find out why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gradunc.files import replacing
from gradunc.ops.finite import broken
from gradunc.types import Sample

GRADIENT = "gradient"
"""Name of the flag of all gradients together, beside the names of the losses."""
IMAGES = ("image", "augmented_image", "sources", "augmented_sources", "intrinsics")
"""Entries of a batch in which nothing may be unknown."""


class Later:
    """Values of the device, (n,) bool, that are copied in the background and read when they are needed."""

    def __init__(self, values: Tensor) -> None:
        self._event: torch.cuda.Event | None = None
        if values.is_cuda:
            self._host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
            self._host.copy_(values, non_blocking=True)
            self._event = torch.cuda.Event()
            self._event.record()
        else:
            self._host = values.clone()

    def read(self) -> list[bool]:
        """Wait for the copy, and for nothing that the device was given after it."""
        if self._event is not None:
            self._event.synchronize()
        return self._host.tolist()


@dataclass
class BatchCheck:
    """One batch: its flags stay on the device until they are read."""

    step: int
    """Optimiser steps that were taken before."""
    epoch: int
    rates: list[float]
    """Learning rate of every parameter group."""
    names: list[str]
    """Of the flags."""
    flags: Tensor
    """(n,) bool, True = not finite, in any process."""
    batch: Sample
    _later: Later | None = None

    def add(self, name: str, flag: Tensor) -> None:
        """One more flag, () bool."""
        self.names, self.flags = [*self.names, name], torch.cat([self.flags, flag.view(1)])

    def read_later(self) -> None:
        """Have the flags copied in the background."""
        self._later = Later(self.flags)

    def found(self) -> list[str]:
        """Names of what is not finite; waits for the device as little as it can."""
        flags = self.flags.tolist() if self._later is None else self._later.read()
        return [name for name, flag in zip(self.names, flags, strict=True) if flag]

    def describe(self, found: list[str]) -> str:
        """What was not finite, when, and with which learning rate."""
        # A term says more than the sum of all.
        name = next((one for one in found if one not in ("loss", GRADIENT)), found[0])
        what = "the gradient of the loss" if name == GRADIENT else "the loss" if name == "loss" else f"loss {name}"
        rates = ", ".join(f"{rate:g}" for rate in self.rates)
        given = {key: self.batch.get(key) for key in IMAGES}
        inputs = [key for key, value in given.items() if isinstance(value, Tensor) and bool(broken([value]))]
        source = f", and so is '{inputs[0]}' of the batch" if inputs else ""
        return f"{what} is not finite at step {self.step} (epoch {self.epoch}) with learning rate {rates}{source}"

    def save(self, folder: Path, rank: int, found: list[str]) -> Path:
        """Write the batch and what `describe` says as plain values that `torch.load` reads; returns the file.

        Raises:
            OSError: it cannot be written.
        """
        suffix = f"-rank-{rank}" if rank else ""
        path = folder / f"nonfinite-step-{self.step:06d}{suffix}.pt"
        batch: dict[str, Any] = {key: _on_cpu(value) for key, value in self.batch.items()}
        content = {"step": self.step, "epoch": self.epoch, "learning_rates": self.rates, "not_finite": found}
        with replacing(path) as (aside,):
            torch.save({**content, "batch": batch}, aside)
        return path


def _on_cpu(value: Any) -> Any:
    return value.detach().cpu().clone() if isinstance(value, Tensor) else value
