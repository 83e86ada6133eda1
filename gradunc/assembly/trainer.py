"""The Lightning trainer."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import lightning as L
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import Logger

from gradunc.assembly.profiling import build_profiler
from gradunc.callbacks import (
    DeadOutputCallback,
    EarlyStop,
    HealthCallback,
    LastCheckpoint,
    NonFiniteCallback,
    SkippedCallback,
    StopAfterStep,
    StopAtOnce,
    TrainingProgress,
    WholeCheckpoints,
)
from gradunc.config.trainer import EarlyStoppingSettings, TrainerSettings
from gradunc.errors import InputError, shown
from gradunc.measures import better_of


def build_trainer(
    settings: TrainerSettings,
    callbacks: Sequence[L.Callback],
    *,
    folder: Path | None = None,
    loggers: Sequence[Logger] = (),
    monitor: str | None = None,
    dry_run: bool = False,
    refresh: int = 10,
) -> L.Trainer:
    """A trainer.

    Args:
        settings: the trainer section.
        callbacks: in calling order.
        folder: of checkpoints and logs; None keeps nothing.
        loggers: from `gradunc.loggers.calls.build_loggers`.
        monitor: metric of the best checkpoint; None saves no checkpoint.
        dry_run: one batch of everything, nothing written.
        refresh: batches between two updates of the progress bar.

    Raises:
        InputError: an accelerator, devices or a strategy that this machine does not have, float16 on a CPU, or an
            algorithm of clipping without a value.
    """
    _check(settings)
    extra: list[L.Callback] = [SkippedCallback(None if dry_run else folder), *_early(settings.early_stopping, monitor)]
    if settings.progress:
        extra.append(TrainingProgress(refresh))
    if loggers and monitor:
        extra.append(LearningRateMonitor())
    if folder is not None and monitor and not dry_run:
        kept, checkpoints = settings.checkpoint, folder / "checkpoints"
        last = LastCheckpoint(checkpoints, kept.every_n_epochs, kept.minutes)
        extra += [_best(checkpoints, monitor, kept.save_top_k), last, StopAfterStep(last)]
    else:
        extra.append(StopAtOnce())
    devices = _devices(settings.devices)
    try:
        return L.Trainer(
            max_epochs=settings.max_epochs,
            max_steps=settings.max_steps,
            accelerator=settings.accelerator,
            devices=devices,
            strategy=settings.strategy,
            num_nodes=settings.num_nodes,
            precision=settings.precision,  # pyright: ignore[reportArgumentType]
            accumulate_grad_batches=settings.accumulate_grad_batches,
            gradient_clip_val=settings.gradient_clip_val,
            gradient_clip_algorithm=settings.gradient_clip_algorithm,
            check_val_every_n_epoch=settings.check_val_every_n_epoch,
            log_every_n_steps=settings.log_every_n_steps,
            limit_train_batches=settings.limit_train_batches,
            limit_val_batches=settings.limit_val_batches,
            limit_test_batches=settings.limit_test_batches,
            profiler=build_profiler(settings.profiler, None if dry_run else folder),
            callbacks=[NonFiniteCallback(monitor), HealthCallback(), DeadOutputCallback(), *callbacks, *extra],
            plugins=[WholeCheckpoints()],
            logger=list(loggers) if loggers and not dry_run else False,
            default_root_dir=folder,
            enable_checkpointing=folder is not None and monitor is not None and not dry_run,
            enable_progress_bar=settings.progress,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            # Our samplers shard by themselves; Lightning's would repeat test images.
            use_distributed_sampler=False,
            fast_dev_run=dry_run,
        )
    except (ValueError, TypeError, RuntimeError, ImportError, MisconfigurationException) as error:
        raise InputError(f"trainer: {' '.join(str(error).split())}") from error


def _check(settings: TrainerSettings) -> None:
    if settings.precision == "16-mixed" and _on_cpu(settings.accelerator):
        raise InputError(
            f"trainer.precision=16-mixed needs a GPU, but trainer.accelerator={settings.accelerator} is the CPU here; "
            "set trainer.precision=bf16-mixed or 32-true"
        )
    if settings.gradient_clip_val is None and settings.gradient_clip_algorithm != "norm":
        raise InputError(
            f"trainer.gradient_clip_algorithm={settings.gradient_clip_algorithm} without trainer.gradient_clip_val "
            "clips nothing; set trainer.gradient_clip_val to the largest value"
        )


def _on_cpu(accelerator: str) -> bool:
    """Whether training would run on the CPU, where Lightning takes bfloat16 in the place of float16."""
    return accelerator == "cpu" or (accelerator == "auto" and not torch.accelerator.is_available())


def _early(settings: EarlyStoppingSettings, selected: str | None) -> list[EarlyStop]:
    """The callback of `trainer.early_stopping`, if there is one."""
    monitor = selected if settings.monitor == "auto" else settings.monitor
    if settings.patience is None or monitor is None:
        return []
    mode = _mode(monitor) if settings.mode == "auto" else settings.mode
    return [EarlyStop(monitor, settings.patience, settings.min_delta, mode)]


def _mode(monitor: str) -> Literal["min", "max"]:
    return "max" if better_of(monitor) == "high" else "min"


def _best(folder: Path, monitor: str, count: int) -> ModelCheckpoint:
    return ModelCheckpoint(
        dirpath=folder,
        filename="best-{epoch:03d}",
        auto_insert_metric_name=False,
        monitor=monitor,
        mode=_mode(monitor),
        save_top_k=count,
        enable_version_counter=False,
    )


def _devices(devices: str) -> Any:
    """What Lightning understands: "2" is two devices, "0,3" these, "auto" all."""
    if "," in devices:
        parts = [part.strip() for part in devices.split(",") if part.strip()]
        if not all(re.fullmatch("[0-9]{1,4}", part) for part in parts):
            raise InputError(f"trainer.devices={shown(devices)} must be a number, several as 0,3, or auto")
        return [int(part) for part in parts]
    return int(devices) if re.fullmatch("-?[0-9]{1,4}", devices.strip()) else devices
