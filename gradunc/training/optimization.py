"""Optimiser and learning rate schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from gradunc.errors import unknown

OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
SCHEDULES = ("constant", "step", "onecycle")


@dataclass(frozen=True)
class Optimization:
    """How weights are updated; the defaults are Monodepth2's (docs/methods.md F.3).

    Raises:
        InputError: an unknown optimiser or schedule.
    """

    optimizer: str = "adam"
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    schedule: str = "step"
    step_size: int = 15
    gamma: float = 0.1

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise unknown("objective.optimizer", self.optimizer, OPTIMIZERS)
        if self.schedule not in SCHEDULES:
            raise unknown("objective.schedule", self.schedule, SCHEDULES)

    def configure(self, module: nn.Module, total_steps: Callable[[], int]) -> dict[str, Any]:
        """What `configure_optimizers` returns.

        "step" multiplies the rate by `gamma` after every `step_size` COMPLETE epochs (Lightning steps at the end of an
        epoch; the published code steps at the start and so drops after 14). "onecycle" rises for a tenth of
        `total_steps()` (asked for by this schedule only) and falls to nothing.
        """
        optimizer = OPTIMIZERS[self.optimizer](
            module.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )
        if self.schedule == "step":
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, self.step_size, self.gamma)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "epoch"}}
        if self.schedule == "onecycle":
            scheduler = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, self.learning_rate, total_steps=total_steps(), pct_start=0.1
            )
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
        return {"optimizer": optimizer}
