"""Weights & Biases: one run of W&B for each run folder, however often it is resumed."""

import inspect
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.loggers import Logger, WandbLogger
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.files import write_text
from gradunc.loggers.csv import CSV
from gradunc.loggers.kind import LoggerKind
from gradunc.loggers.lineage import use_input
from gradunc.loggers.run_info import RunInfo
from gradunc.loggers.settings import LoggerSettings
from gradunc.measures import better_of
from gradunc.results import Table

ID_FILE = "wandb_id.txt"
STEP = "trainer/global_step"
"""The axis of Lightning's logger."""


class RunLogger(WandbLogger):
    """Lightning's, whose validation metrics keep their best value in the summary beside the last one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._wandb_init.pop("anonymous", None)  # Lightning (2.6) names an option that W&B warns of
        # A sweep has a project, an entity and an id of its own, and warns of others.
        if os.environ.get("WANDB_SWEEP_ID"):
            self._wandb_init |= {"project": None, "entity": None, "id": None}
        self._told: set[str] = set()

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log numbers; W&B is told once of each which values are good ones."""
        for key in sorted(metrics.keys() - self._told):
            better = better_of(key) if key.startswith("val/") else "none"
            if better != "none":
                best = "min" if better == "low" else "max"
                self.experiment.define_metric(key, step_metric=STEP, step_sync=True, summary=f"{best},last")
        self._told |= metrics.keys()
        super().log_metrics(metrics, step)


class Wandb(LoggerKind):
    """Beside metrics.csv."""

    lightning = WandbLogger

    def check(self, settings: LoggerSettings) -> None:
        """Raise `InputError` for going online without an API key."""
        if mode_of(settings) == "online" and not has_api_key():
            raise InputError("W&B has no API key to go online; log in with `wandb login`, or set logger.mode=offline")

    def build(self, settings: LoggerSettings, info: RunInfo) -> list[Logger]:
        """The id is that of the run folder: a resumed run goes on in the same run of W&B."""
        # `mode` goes straight to wandb.init: the logger's own `offline` would refuse checkpoint artifacts.
        logger = RunLogger(
            name=settings.name or info.title or info.folder.name,
            project=settings.project,
            entity=settings.entity,
            group=settings.group or info.group,
            tags=settings.tags or None,
            job_type=settings.job_type or info.job,
            notes=settings.notes,
            save_dir=info.folder,
            log_model=settings.checkpoint,
            mode=mode_of(settings),
            id=run_id(info.folder) if info.resumable else None,
            resume="allow" if info.resumable else None,
        )
        return [*CSV.build(settings, info), logger]

    def begin(self, logger: WandbLogger, info: RunInfo) -> None:
        """Log the configuration, and what the run was made from; keep the id."""
        logger.log_hyperparams(dict(info.config))
        run: Any = logger.experiment
        if info.resumable and not run.disabled:
            write_text(info.folder / ID_FILE, f"{run.id}\n")
        for one in info.inputs():
            use_input(run, one)

    def picture(self, logger: WandbLogger, key: str, pixels: NDArray[np.uint8], caption: str, step: int) -> None:
        """Log an image."""
        logger.log_image(key, [pixels], caption=[caption])

    def table(self, logger: WandbLogger, key: str, table: Table, step: int) -> None:
        """Log a table without the ends of its intervals."""
        names = [column.name for column in table.columns if not column.bound_of]
        logger.log_table(key, columns=names, data=[[row[name] for name in names] for row in table.rows])

    def end(self, logger: WandbLogger, code: int) -> None:
        """End the run of W&B now, so that its closing words do not follow ours."""
        import wandb

        if wandb.run is not None:
            wandb.finish(exit_code=code)


def run_id(folder: Path) -> str:
    """The id of the run of W&B that belongs to a folder: the kept one, that of the environment, or a new one."""
    given = os.environ.get("WANDB_RUN_ID", "")
    path = folder / ID_FILE
    kept = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    return next((one for one in (kept, given) if re.fullmatch(r"[\w-]{1,128}", one, re.ASCII)), secrets.token_hex(4))


def mode_of(settings: LoggerSettings) -> str:
    """WANDB_MODE wins over "auto"; without an API key nothing can go online."""
    if settings.mode != "auto":
        return settings.mode
    return os.environ.get("WANDB_MODE") or ("online" if has_api_key() else "offline")


def has_api_key() -> bool:
    """Whether W&B knows who the user is."""
    import wandb

    if os.environ.get("WANDB_API_KEY"):
        return True
    if "prompt" in inspect.signature(wandb.login).parameters:
        return wandb.login(prompt=False, verify=False)
    return bool(wandb.api.api_key)  # older wandb; newer ones warn of it


WANDB = Wandb()
