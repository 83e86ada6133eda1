"""Gradient descent of a small module beside a frozen network."""

import math
from collections.abc import Callable

import torch
from rich import get_console
from rich.progress import track
from torch import Tensor, nn

from gradunc.errors import InputError


def train(module: nn.Module, loss: Callable[[], Tensor], steps: int, lr: float, text: str) -> tuple[float, float]:
    """Adam whose step size falls to 0 as half a cosine; the module ends in eval mode.

    Args:
        module: what is trained, in place.
        loss: makes the loss of the next step, a scalar.
        steps: how many.
        lr: step size at the begin.
        text: of the progress bar.

    Returns:
        Mean loss over the first and over the last tenth of the steps.

    Raises:
        InputError: a loss that is not finite.
    """
    optimizer = torch.optim.Adam(module.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    losses: list[float] = []
    module.train()
    with torch.enable_grad():
        for step in track(range(steps), text, transient=True, disable=not get_console().is_terminal):
            value = loss()
            losses.append(float(value.detach()))
            if not math.isfinite(losses[-1]):
                raise InputError(f"the loss is {losses[-1]} at step {step} of the fit; lower lr={lr:g}")
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
    module.eval().requires_grad_(False)
    tenth = max(1, steps // 10)
    return sum(losses[:tenth]) / tenth, sum(losses[-tenth:]) / tenth
