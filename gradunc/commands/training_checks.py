"""What can be told of a training before weights are read: losses, data, the metric of the best checkpoint."""

import sys
import warnings
from typing import Any

from gradunc.assembly import (
    build_data,
    check_crop,
    check_protocol,
    check_training,
    check_truth,
    data_set,
    missing_truth,
    probe_trainer,
)
from gradunc.assembly.teacher import teacher_of
from gradunc.commands.resume_steps import planned_steps
from gradunc.commands.run_folder import process_rank
from gradunc.config import TrainConfig
from gradunc.config.trainer import TrainerSettings
from gradunc.data.inspection.policy import check_policy, refused
from gradunc.data.inspection.training import training_findings
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.limits import used_batches
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError, unknown
from gradunc.loggers.calls import check_logger
from gradunc.losses import TRUTHS, LossEngine
from gradunc.metrics.functional import DEPTH_ERRORS
from gradunc.training.optimization import cycle_steps
from gradunc.types import SPLITS, FrameIds, TruthKind

LEARNED_BY: dict[TruthKind, str] = {
    "depth": "set objective.losses.silog=1, or ssi=1 for a network of relative disparity",
    "disparity": "choose objective=midas with model.head=relative",
    "ordinal": "set objective.losses.ordinal=1",
}
"""A kind of truth -> what to do where no loss looks at it."""


def checked_data(config: TrainConfig) -> tuple[str, DepthData]:
    """The metric that chooses the best checkpoint, and the data.

    Raises:
        InputError: losses, data, protocol or logger that do not fit together, or data that cannot be right.
    """
    check_policy(config.data.on_implausible)
    engine, frames = check_training(config)
    monitor = _monitor(config, engine)
    from_truth = engine.supervised and config.objective.teacher is None
    teacher_of(config.objective)  # a name that is wrong is told before anything is rendered
    if from_truth:
        _check_truth(config.data, engine)
    check_protocol(config.evaluation, config.data)
    check_logger(config.logger)
    height, width = config.model.size
    learns = any(one.needs_training_truth for one in config.uncertainty.values())
    truth = from_truth or config.evaluation.baselines or learns
    data = build_data(config.data, (height, width), frames, config.seed, train_truth=truth)
    if process_rank() == 0:
        for split in SPLITS:
            data.split(split)
        if from_truth:
            check_truth(data, "train", "val")
        check_crop(config.evaluation, data, ("val", "test"))
        _inspect(config, data, frames)
    return monitor, data


def _inspect(config: TrainConfig, data: DepthData, frames: FrameIds) -> None:
    """Look at a few samples; warn of what is unlikely, now and in the closing lines of the run.

    Raises:
        InputError: data that cannot be right, see `data.on_implausible`.
    """
    train = data.split("train")
    if frames:
        found = training_findings(train, data.split("val"), frames)
    else:
        views, frames = _with_views(config, train)
        found = training_findings(views, None, frames, trained=False)
    if wrong := refused(found, config.data.on_implausible):
        more = f" ({len(wrong) - 1} more of this kind)" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0].text}{more}; data.on_implausible=warn trains all the same")
    data.report.warnings += [one.text for one in found]
    for one in found:
        print(f"warning: {one.text}", file=sys.stderr)


def _with_views(config: TrainConfig, train: Any) -> tuple[Any, FrameIds]:
    """The training split with the source views that its data set has by default; as it is, if it has none."""
    found, (height, width) = data_set(config.data), config.model.size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said when the split was opened for the training
        try:
            return found.read("train", (height, width), found.default_frames), found.default_frames
        except InputError:
            return train, ()


def _check_truth(data: DataSettings, engine: LossEngine) -> None:
    """Raise `InputError` for truth to train or to validate on that is missing, or of kinds that no loss looks at."""
    wanted = data_set(data)
    trained, validated = wanted.kinds_of_truth(train=True), wanted.kinds_of_truth()
    for train, kinds in ((True, trained), (False, validated)):
        if not kinds:
            raise wanted.needs_truth(wanted.missing_truth(train=train))
    learned = {kind: where for kind, where in trained.items() if engine.learning_from(kind)}
    for kind, where in trained.items():
        if kind not in learned:
            raise InputError(f"no loss learns from {where}; {LEARNED_BY[kind]}")
    for need, kinds in TRUTHS.items():
        if (names := engine.needing(need)) and not learned.keys() & set(kinds):
            raise InputError(
                f"objective.losses.{names[0]} learns from {' or '.join(kinds)}, which no training data has; set it to 0"
            )
    if "depth" not in validated and not any(map(engine.learning_from, validated)):
        raise InputError(f"no loss looks at {next(iter(validated.values()))}, of which validation consists")


def _monitor(config: TrainConfig, engine: LossEngine) -> str:
    """The metric that chooses the best checkpoint; that of early stopping is checked, too.

    Raises:
        InputError: validation measures nothing of that name, or has no truth to measure it with.
    """
    trainer = config.trainer
    if trainer.early_stopping.monitor != "auto":
        _check_measured("trainer.early_stopping.monitor", trainer.early_stopping.monitor, config, engine)
    if trainer.select_by == "auto":
        from_truth = engine.supervised and config.objective.teacher is None
        return "val/abs_rel" if from_truth and not missing_truth(config.data) else "val/loss"
    _check_measured("trainer.select_by", trainer.select_by, config, engine)
    return trainer.select_by


def _check_measured(key: str, metric: str, config: TrainConfig, engine: LossEngine) -> None:
    reason = missing_truth(config.data)
    if metric.removeprefix("val/") in DEPTH_ERRORS and reason:
        raise InputError(f"{key}={metric} needs true depth, but {reason}, or {key}=val/loss")
    measured = [f"val/{name}" for name in ("loss", *engine.terms, *DEPTH_ERRORS)]
    if metric not in measured:
        raise unknown(key, metric, measured)


def check_cycles(config: TrainConfig, data: DepthData) -> None:
    """Raise `InputError` for cycles of a single optimiser step, whose rate would never fall."""
    if config.objective.schedule != "cyclic":
        return
    cycles, total = config.objective.cycles, planned_steps(probe_trainer(config.trainer), data)
    if cycle_steps(total, cycles) < 2:
        raise InputError(
            f"objective.cycles={cycles} of {total} optimiser steps are cycles of one step, whose rate never falls; "
            f"give objective.cycles={max(1, total // 2)} or less, or train longer"
        )


def check_limits(settings: TrainerSettings, data: DepthData) -> None:
    """Raise `InputError` for a share of the batches of a split that is less than one batch."""
    loaders = {"train": data.train_dataloader, "val": data.val_dataloader, "test": data.test_dataloader}
    for split, loader in loaders.items():
        limit, batches = getattr(settings, f"limit_{split}_batches"), len(loader())
        if used_batches(batches, limit) < 1:
            raise InputError(
                f"trainer.limit_{split}_batches={limit} of {batches} batches is less than one; give "
                f"trainer.limit_{split}_batches=1 for one batch"
            )
