"""Snapshots of a cyclic learning rate: the network at the end of each cycle, where the rate is smallest.

Huang et al., ICLR 2017 (docs/methods.md B.2).
"""

from pathlib import Path
from typing import Any

import lightning as L
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

from gradunc.uncertainty.empirical.manifest import SNAPSHOTS, write_manifest

KIND = "snapshots"


class SnapshotCallback(L.Callback):
    """Save `checkpoints/snapshot-01.ckpt`, ... behind the last step of each cycle, and the manifest that binds them.

    Which cycle ends follows from the number of the step, so that a resumed run has the same snapshots. A cycle that the
    end of the run cuts gives none: its rate is still high. Stands behind `WeightAverage` in the list, and Lightning
    calls it before all that save `last.ckpt`: whatever ends the run then, the snapshot is there.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.length = 0
        """Optimiser steps of a cycle, once training has begun; 0 before."""
        self.total = 0
        """Optimiser steps of the run."""
        self._seen = 0

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Look up how long a cycle is."""
        schedules = [config.scheduler for config in trainer.lr_scheduler_configs]
        self.length = next(one.T_0 for one in schedules if isinstance(one, CosineAnnealingWarmRestarts))
        self.total = int(trainer.estimated_stepping_batches)
        self._seen = trainer.global_step

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save, if the batch ended the last step of a cycle."""
        if trainer.global_step == self._seen:
            return
        self._seen = trainer.global_step
        number, rest = divmod(self._seen, self.length)
        if rest == 0:
            trainer.save_checkpoint(self.folder / _path(number), weights_only=False)
            if trainer.is_global_zero:
                self._bind()

    def notes(self) -> list[str]:
        """What a run says of its snapshots in the end."""
        count = self.total // self.length if self.length else 0
        if not count:
            return []
        lines = [f"snapshots: {count} networks, bound by {self.folder / SNAPSHOTS}"]
        if rest := self.total % self.length:
            lines.append(
                f"no snapshot of the last cycle, which ended after {rest} of {self.length} optimiser steps; train for "
                f"{self.total - rest} or {self.total - rest + self.length} steps (now {self.total}) to waste none"
            )
        return lines

    def _bind(self) -> None:
        numbers = range(1, self.total // self.length + 1)
        members = [
            {"path": _path(number), "finished": (self.folder / _path(number)).is_file(), "step": number * self.length}
            for number in numbers
        ]
        write_manifest(self.folder / SNAPSHOTS, {"kind": KIND, "cycle_steps": self.length}, members)


def _path(number: int) -> str:
    """Below the folder of the run.

    >>> _path(3)
    'checkpoints/snapshot-03.ckpt'
    """
    return f"checkpoints/snapshot-{number:02d}.ckpt"
