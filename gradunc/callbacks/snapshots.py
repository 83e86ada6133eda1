"""Snapshots of a cyclic learning rate: the network at the end of each cycle, where the rate is smallest.

Huang et al., ICLR 2017 (docs/methods.md B.2).
"""

from pathlib import Path
from typing import Any

import lightning as L
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

from gradunc.uncertainty.empirical.manifest import ENDED, SNAPSHOTS, write_manifest

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

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Say in the manifest that no more will come; an interrupted run does not get here."""
        if trainer.is_global_zero and self._there():
            self._bind(ended=True)

    def notes(self) -> list[str]:
        """What a run says of its snapshots in the end."""
        planned, there = self._planned(), self._there()
        if not planned:
            return []
        if len(there) < len(planned):
            early = f"{len(there)} of {len(planned)} snapshots: the run ended early, after {self._seen} of {self.total}"
            lines = [f"{early} optimiser steps; a cycle has {self.length}"]
        else:
            lines = [f"snapshots: {len(there)} networks, bound by {self.folder / SNAPSHOTS}"]
        if len(there) > 1:
            lines.append(
                f"their uncertainty: infer.py evaluate data=NAME checkpoint={self.folder} uncertainty=ensemble "
                f"uncertainty.ensemble.manifest={self.folder}"
            )
        if (rest := self.total % self.length) and self._seen == self.total:
            lines.append(
                f"no snapshot of the last cycle, which ended after {rest} of {self.length} optimiser steps; train for "
                f"{self.total - rest} or {self.total - rest + self.length} steps (now {self.total}) to waste none"
            )
        return lines

    def _planned(self) -> range:
        """Numbers of the cycles that the whole run has."""
        return range(1, self.total // self.length + 1) if self.length else range(0)

    def _there(self) -> list[int]:
        """Those of the snapshots that exist."""
        return [number for number in self._planned() if (self.folder / _path(number)).is_file()]

    def _bind(self, *, ended: bool = False) -> None:
        there = self._there()
        members = [
            {"path": _path(number), "finished": number in there, "step": number * self.length}
            for number in self._planned()
        ]
        facts = {"kind": KIND, "cycle_steps": self.length, ENDED: ended}
        write_manifest(self.folder / SNAPSHOTS, facts, members)


def _path(number: int) -> str:
    """Below the folder of the run.

    >>> _path(3)
    'checkpoints/snapshot-03.ckpt'
    """
    return f"checkpoints/snapshot-{number:02d}.ckpt"
