"""Train a depth network, then test its best checkpoint with gradient uncertainty."""

from collections.abc import Sequence
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from gradunc.assembly import (
    Callbacks,
    build_average,
    build_data,
    build_loggers,
    build_trainer,
    build_training,
    check_crop,
    check_logger,
    check_protocol,
    check_training,
    check_truth,
    missing_truth,
)
from gradunc.callbacks.wandb import close_loggers
from gradunc.commands.entry import run
from gradunc.commands.resume import check_same_model, check_same_objective, checkpoint_to_resume, set_history_aside
from gradunc.commands.run_folder import discard, process_rank, run_folder
from gradunc.config import TrainConfig, as_yaml, help_text, load, parse
from gradunc.config.data_schema import DataSettings
from gradunc.config.loading import as_dict
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.datamodule import DepthData
from gradunc.errors import InputError, unknown
from gradunc.losses import LossEngine
from gradunc.metrics.functional import DEPTH_ERRORS
from gradunc.models import export_model, load_model
from gradunc.models.checkpoints.load import load_family_model
from gradunc.training import DepthTraining
from gradunc.types import SPLITS

USAGE = "[experiment=NAME | FILE.yaml ...] [group=NAME ...] [key=value ...] [--help] [--print-config] [--dry-run]"


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code.

    Raises:
        InputError: wrong usage or wrong input. Arguments, configuration, checkpoint and data folders are checked before
            a run folder exists (only rendered samples may have been cached by then); what shows while the run goes on,
            for example a damaged image, leaves the run folder as far as it has come.
    """
    line = parse(arguments, TRAIN_GROUPS)
    if "--help" in line.flags:
        print(help_text("train.py", TrainConfig, TRAIN_GROUPS, USAGE))
        return 0
    config = load(TrainConfig, TRAIN_GROUPS, line)
    if "--print-config" in line.flags:
        print(as_yaml(config, TRAIN_GROUPS), end="")
        return 0
    L.seed_everything(config.seed, workers=True, verbose=False)
    resumed = checkpoint_to_resume(config)
    monitor, data = _data(config)
    stored = None if resumed is None else load_family_model(resumed).settings
    module = build_training(config, resumed=stored)
    layout = torch.channels_last if config.trainer.channels_last else torch.contiguous_format
    module = module.to(memory_format=layout)  # pyright: ignore[reportCallIssue]
    if resumed is not None and stored is not None:
        check_same_model(module, stored, resumed)
        check_same_objective(config, resumed)
    if "--dry-run" in line.flags:
        return _dry_run(config, module, data)
    return _fit_and_test(config, module, data, resumed, monitor)


def _data(config: TrainConfig) -> tuple[str, DepthData]:
    """What chooses the best checkpoint, and the data: told to be wrong before weights are downloaded."""
    engine, frames = check_training(config)
    monitor = _monitor(config, engine)
    if engine.supervised:
        _check_truth(config.data)
    check_protocol(config.evaluation, config.data)
    check_logger(config.logger)
    height, width = config.model.size
    truth = engine.supervised or config.evaluation.baselines
    data = build_data(config.data, (height, width), frames, config.seed, train_truth=truth)
    if process_rank() == 0:
        for split in SPLITS:
            data.split(split)
        if engine.supervised:
            check_truth(data, "train", "val")
        check_crop(config.evaluation, data, ("val", "test"))
    return monitor, data


def _check_truth(data: DataSettings) -> None:
    """Raise `InputError` for data to train or to validate on that have no true depth."""
    reason = missing_truth(data, train=True) or missing_truth(data)
    if reason:
        other = "stereo" if data.name == "stereo" else "mono"
        raise InputError(f"supervised training needs true depth, but {reason}, or choose objective={other}")


def _dry_run(config: TrainConfig, module: DepthTraining, data: DepthData) -> int:
    callbacks = Callbacks(module.depth_model, config.uncertainty, config.evaluation, None, data=config.data)
    trainer = build_trainer(config.trainer, [*callbacks.all(), *build_average(config)], dry_run=True)
    trainer.fit(module, data)
    trainer.test(module, data, verbose=False)
    print("dry run passed: one batch of training, validation and test; no run folder was written")
    return 0


def _fit_and_test(
    config: TrainConfig, module: DepthTraining, data: DepthData, resumed: Path | None, monitor: str
) -> int:
    folder = run_folder(config, resumed)
    main_process = process_rank() == 0
    try:
        callbacks = Callbacks(
            module.depth_model,
            config.uncertainty,
            config.evaluation,
            folder,
            config.trainer.picture_every,
            data=config.data,
            learned=folder / "uncertainty",
        )
        loggers = build_loggers(config.logger, folder, config.name)
        every = [*callbacks.all(), *build_average(config)]
        trainer = build_trainer(config.trainer, every, folder=folder, loggers=loggers, monitor=monitor)
        if main_process:
            data.prepare(*SPLITS)
            data.train_dataloader()  # raises before the folder exists if no batch can be filled
    except InputError:
        discard(folder, config)
        raise
    if main_process:
        set_history_aside(folder)
        (folder / "config.yaml").write_text(as_yaml(config, TRAIN_GROUPS))
    for logger in loggers[1:]:
        logger.log_hyperparams(as_dict(config))
    if main_process:
        print(f"run folder: {folder}" + (f" (going on from {resumed})" if resumed else ""), flush=True)
    trainer.fit(module, data, ckpt_path=None if resumed is None else str(resumed))
    best = _best(trainer, folder)
    trainer.test(module, data, ckpt_path=best, verbose=False)
    if trainer.is_global_zero:
        close_loggers()
        export = export_model(load_model(best), folder / "export")
        callbacks.show()
        print(*data.report.lines(), f"best checkpoint: {best}", f"exported model: {export}", sep="\n")
    return 0


def _monitor(config: TrainConfig, engine: LossEngine) -> str:
    """The metric that chooses the best checkpoint.

    Raises:
        InputError: validation measures nothing of that name, or has no truth to measure it with.
    """
    if config.trainer.select_by == "auto":
        return "val/abs_rel" if engine.supervised else "val/loss"
    reason = missing_truth(config.data)
    if config.trainer.select_by.removeprefix("val/") in DEPTH_ERRORS and reason:
        raise InputError(
            f"trainer.select_by={config.trainer.select_by} needs true depth, but {reason}, or "
            "trainer.select_by=val/loss"
        )
    measured = [f"val/{name}" for name in ("loss", *engine.terms, *DEPTH_ERRORS)]
    if config.trainer.select_by not in measured:
        raise unknown("trainer.select_by", config.trainer.select_by, measured)
    return config.trainer.select_by


def _best(trainer: L.Trainer, folder: Path) -> str:
    """The best checkpoint; the last one if no validation has run, or if the best of a resumed run was moved."""
    checkpoint = trainer.checkpoint_callback
    assert isinstance(checkpoint, ModelCheckpoint), "build_trainer adds one when there is a monitor"
    best = Path(checkpoint.best_model_path)
    return str(best if best.is_file() else folder / "checkpoints" / "last.ckpt")


def console() -> None:
    """Entry point of train.py and gradunc-train."""
    run(main)
