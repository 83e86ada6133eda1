"""Optimiser, learning rates and their schedule."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, LinearLR, OneCycleLR, PolynomialLR, StepLR

from gradunc.errors import InputError, unknown
from gradunc.training.choices import SCHEDULES
from gradunc.training.encoder_layers import layers_of

OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}

OF_ALL_STEPS = frozenset({"poly", "onecycle", "cyclic"})
"""Schedules whose every rate depends on the number of steps of the whole run."""

POLY_POWER = 0.9
"""Of (1 - t/T), as BTS, NeWCRFs and Depth Anything have it."""


@dataclass(frozen=True)
class Optimization:
    """How weights are updated; the defaults are Monodepth2's (docs/methods.md F.3).

    Args:
        optimizer: a key of `OPTIMIZERS`.
        learning_rate: of all weights; with "onecycle" its peak.
        weight_decay: of all weights.
        schedule: a key of `SCHEDULES`, see `configure`.
        step_size: epochs between two drops ("step").
        gamma: factor of a drop ("step").
        encoder_learning_rate: of the depth network's encoder; None = `learning_rate`.
        layer_decay: the last layer of the encoder has this share of the encoder's rate, the one before it the square,
            and so on, as foundation encoders are fine-tuned (Clark et al. 2020; Bao et al., BEiT, ICLR 2022); None =
            one rate for all. Layers are those of `layers_of`.
        warmup_steps: optimiser steps in which the rate rises in equal parts from 1/n to all of it; not with "onecycle"
            or "cyclic".
        cycles: of the rate in a run ("cyclic").
        onecycle_rise: share of the steps in which the rate rises.
        onecycle_start: peak over first rate.
        onecycle_end: first rate over last rate.

    Raises:
        InputError: an unknown optimiser or schedule, or a warm-up of a schedule that has its own or begins anew.
    """

    optimizer: str = "adam"
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    schedule: str = "step"
    step_size: int = 15
    gamma: float = 0.1
    encoder_learning_rate: float | None = None
    layer_decay: float | None = None
    warmup_steps: int = 0
    cycles: int = 4
    onecycle_rise: float = 0.1
    onecycle_start: float = 25.0
    onecycle_end: float = 1e4

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise unknown("objective.optimizer", self.optimizer, OPTIMIZERS)
        if self.schedule not in SCHEDULES:
            raise unknown("objective.schedule", self.schedule, SCHEDULES)
        if self.warmup_steps and self.schedule == "onecycle":
            raise InputError(
                f"objective.warmup_steps={self.warmup_steps}, but onecycle rises by itself; set objective.onecycle_rise"
            )
        if self.warmup_steps and self.schedule == "cyclic":
            raise InputError(
                f"objective.warmup_steps={self.warmup_steps}, but cycles of cyclic begin at the full rate; omit it"
            )

    def configure(
        self, module: nn.Module, total_steps: Callable[[], int], encoder: nn.Module | None = None
    ) -> tuple[list[Optimizer], list[dict[str, Any]]]:
        """What `configure_optimizers` returns.

        "step" multiplies the rate by `gamma` after every `step_size` COMPLETE epochs (Lightning steps at the end of an
        epoch; the published code steps at the start and so drops after 14). "poly" is (1 - t/T)^0.9. "onecycle" rises
        for a share of the steps T and falls. "cyclic" is lr/2 (cos(pi mod(t, K) / K) + 1) with K = ceil(T / cycles)
        (Huang et al., ICLR 2017). T = `total_steps()` is asked for by the latter three only.

        Args:
            module: all of its parameters are trained.
            total_steps: optimiser steps of the whole run.
            encoder: part of `module` that has a learning rate of its own.
        """
        groups = self.parameter_groups(module, encoder)
        optimizer = OPTIMIZERS[self.optimizer](groups, lr=self.learning_rate, weight_decay=self.weight_decay)
        return [optimizer], self._schedulers(optimizer, total_steps)

    def parameter_groups(self, module: nn.Module, encoder: nn.Module | None) -> list[dict[str, Any]]:
        """Every parameter once: one group, or one more for the encoder, or for each of its layers.

        Raises:
            InputError: a network without an encoder.
        """
        if self.encoder_learning_rate is None and self.layer_decay is None:
            return [{"params": list(module.parameters())}]
        inside = {id(parameter) for parameter in encoder.parameters()} if encoder is not None else set()
        if encoder is None or not inside:
            asked = "encoder_learning_rate" if self.layer_decay is None else "layer_decay"
            raise InputError(f"objective.{asked}: this network has no encoder of its own; omit it")
        rate = self.learning_rate if self.encoder_learning_rate is None else self.encoder_learning_rate
        others = [parameter for parameter in module.parameters() if id(parameter) not in inside]
        return [*self._encoder_groups(encoder, rate), _group("others", others, self.learning_rate)]

    def _encoder_groups(self, encoder: nn.Module, rate: float) -> list[dict[str, Any]]:
        if self.layer_decay is None:
            return [_group("encoder", encoder.parameters(), rate)]
        layers, taken = list(layers_of(encoder)), set[int]()
        groups = []
        for number, (name, _, parameters) in enumerate(layers):
            # What two layers share has the rate of the first.
            new = [parameter for parameter in parameters if id(parameter) not in taken]
            taken.update(map(id, new))
            if new:
                share = self.layer_decay ** (len(layers) - number)
                groups.append(_group(f"encoder.{name}".rstrip("."), new, rate * share))
        return groups

    def _schedulers(self, optimizer: Optimizer, total_steps: Callable[[], int]) -> list[dict[str, Any]]:
        """Schedulers that multiply the rate one after the other."""
        found: list[dict[str, Any]] = []
        if self.schedule == "step":
            found.append({"scheduler": StepLR(optimizer, self.step_size, self.gamma), "interval": "epoch"})
        elif self.schedule == "poly":
            found.append({"scheduler": PolynomialLR(optimizer, total_steps(), POLY_POWER), "interval": "step"})
        elif self.schedule == "onecycle":
            found.append({"scheduler": self._onecycle(optimizer, total_steps()), "interval": "step"})
        elif self.schedule == "cyclic":
            steps = cycle_steps(total_steps(), self.cycles)
            found.append({"scheduler": CosineAnnealingWarmRestarts(optimizer, steps), "interval": "step"})
        if self.warmup_steps > 1:
            rise = LinearLR(optimizer, 1 / self.warmup_steps, total_iters=self.warmup_steps - 1)
            found.append({"scheduler": rise, "interval": "step"})
        return found

    def _onecycle(self, optimizer: Optimizer, steps: int) -> OneCycleLR:
        return OneCycleLR(
            optimizer,
            [group["lr"] for group in optimizer.param_groups],
            total_steps=steps,
            pct_start=self.onecycle_rise,
            div_factor=self.onecycle_start,
            final_div_factor=self.onecycle_end,
        )


def _group(name: str, parameters: Iterable[nn.Parameter], rate: float) -> dict[str, Any]:
    return {"name": name, "params": list(parameters), "lr": rate}


def cycle_steps(total: int, cycles: int) -> int:
    """Optimiser steps of a cycle, all but a last one that the end of the run may cut: ceil(total / cycles).

    >>> cycle_steps(10, 3)
    4
    """
    return -(-total // cycles)
