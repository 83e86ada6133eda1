"""The training itself: networks, the trainer, the run folder, the test of the best checkpoint."""

import sys
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from gradunc.assembly import (
    Callbacks,
    build_average,
    build_freezing,
    build_snapshots,
    build_trainer,
    build_training,
    probe_trainer,
    with_start,
)
from gradunc.assembly.profiling import profile_files
from gradunc.assembly.run_info import training_info
from gradunc.callbacks import EarlyStop, SnapshotCallback
from gradunc.callbacks.checkpoint_files import LAST
from gradunc.callbacks.telling import Telling
from gradunc.commands.resume import (
    check_same_model,
    check_same_objective,
    check_same_settings,
    set_history_aside,
)
from gradunc.commands.resume_point import ResumePoint, make_ready
from gradunc.commands.resume_steps import check_same_steps
from gradunc.commands.run_folder import process_rank
from gradunc.commands.run_place import RunPlace
from gradunc.commands.sound import check_sound
from gradunc.commands.training_checks import check_cycles, check_limits, checked_data
from gradunc.config import TrainConfig, as_yaml
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.loading.datamodule import DepthData
from gradunc.errors import InputError
from gradunc.files import remove_leftovers, write_text
from gradunc.loggers import calls
from gradunc.loggers.run_info import RunInfo
from gradunc.models import export_model, load_model
from gradunc.models.checkpoints.load import load_family_model
from gradunc.ops.sizes import training_size
from gradunc.stopping import Stopped
from gradunc.training import DepthTraining
from gradunc.types import SPLITS
from gradunc.uncertainty.learned import Learned


def train(config: TrainConfig, *, dry_run: bool = False, place: RunPlace | None = None) -> int:
    """Fit, test the best checkpoint, export it; returns the exit code.

    Args:
        config: of train.py.
        dry_run: one batch of training, validation and test, and no run folder.
        place: where it writes; a folder of its own by default.

    Raises:
        InputError: wrong input. Checkpoint, data folders and settings are checked before a run folder exists (only
            rendered samples may have been cached by then); what shows while the run goes on, for example a damaged
            image, leaves the run folder as far as it has come.
    """
    L.seed_everything(config.seed, workers=True, verbose=False)
    place = RunPlace(config) if place is None else place
    point = place.point()
    resumed = point.checkpoint
    monitor, data = checked_data(config)
    stored = None if resumed is None else load_family_model(resumed).settings
    config, started = with_start(config, data, resumed=stored)
    if started and process_rank() == 0:
        print(started, flush=True)
    module = build_training(config, resumed=stored)
    layout = torch.channels_last if config.trainer.channels_last else torch.contiguous_format
    module = module.to(memory_format=layout)  # pyright: ignore[reportCallIssue]
    if resumed is not None and stored is not None:
        check_same_model(module, stored, resumed)
        check_same_objective(config, resumed)
        check_same_steps(config, probe_trainer(config.trainer), data, resumed)
    elif point.folder is not None:
        check_same_settings(config, point.folder)
    check_cycles(config, data)
    if dry_run:
        return _dry_run(config, module, data)
    return _fit_and_test(config, module, data, place, point, monitor)


def _dry_run(config: TrainConfig, module: DepthTraining, data: DepthData) -> int:
    images = config.trainer.val_uncertainty
    callbacks = Callbacks(
        module.depth_model, config.uncertainty, config.evaluation, None, data=config.data, val_uncertainty=images
    )
    trainer = build_trainer(
        config.trainer, [*callbacks.all(), *build_freezing(config), *build_average(config)], dry_run=True
    )
    trainer.fit(module, data)
    trainer.test(module, data, verbose=False)
    print("dry run passed: one batch of training, validation and test; no run folder was written")
    return 0


def _fit_and_test(
    config: TrainConfig, module: DepthTraining, data: DepthData, place: RunPlace, point: ResumePoint, monitor: str
) -> int:
    folder = place.make(point)
    info = place.told(training_info(config, folder, data))
    try:
        trainer, callbacks = _trainer(config, module, data, place, info, monitor)
        if process_rank() == 0:
            place.begin(folder, data)
            _begin(config, folder, point)
        calls.begin(trainer, info)
        with calls.closing(trainer):
            trainer.fit(module, data, ckpt_path=None if point.checkpoint is None else str(point.checkpoint))
            best = _best(trainer, folder)
            trainer.test(module, data, ckpt_path=best, verbose=False)
        if trainer.is_global_zero:
            calls.close_loggers(trainer)
            export = export_model(load_model(best), folder / "export")
            callbacks.show()
            notes = [*data.report.lines(), *module.finite_steps.policy.lines(), *_notes(trainer, folder)]
            print(*notes, f"best checkpoint: {best}", f"exported model: {export}", sep="\n")
            place.end(folder, Path(best))
    except Stopped as stop:
        stop.advice = place.advice(folder)
        raise
    return 0


def _trainer(
    config: TrainConfig, module: DepthTraining, data: DepthData, place: RunPlace, info: RunInfo, monitor: str
) -> tuple[L.Trainer, Callbacks]:
    """The trainer and what reports; an error leaves no new folder."""
    folder = info.folder
    try:
        callbacks = Callbacks(
            module.depth_model,
            config.uncertainty,
            config.evaluation,
            folder,
            config.trainer.picture_every,
            data=config.data,
            val_uncertainty=config.trainer.val_uncertainty,
            learned=Learned(folder / "uncertainty", config.uncertainty, training_size(module.depth_model)),
        )
        loggers = calls.build_loggers(config.logger, info)
        every = [*callbacks.all(), *build_freezing(config), *build_average(config), *build_snapshots(config, folder)]
        trainer = build_trainer(config.trainer, every, folder=folder, loggers=loggers, monitor=monitor)
        if process_rank() == 0:
            data.prepare(*SPLITS)
            check_limits(config.trainer, data)  # before the folder exists, as a batch that cannot be filled
    except InputError:
        place.discard(folder)
        raise
    return trainer, callbacks


def _begin(config: TrainConfig, folder: Path, point: ResumePoint) -> None:
    """What the main process writes before the first step."""
    remove_leftovers(folder)
    make_ready(point)
    set_history_aside(folder)
    write_text(folder / "config.yaml", as_yaml(config, TRAIN_GROUPS))
    print(f"run folder: {folder}{point.text()}", flush=True)


def _notes(trainer: L.Trainer, folder: Path) -> list[str]:
    """What there is to say in the end: collapses, why it stopped early, where profiles are, what was left out."""
    early = trainer.early_stopping_callback
    notes = list(early.ended) if isinstance(early, EarlyStop) else []
    for callback in trainer.callbacks:  # pyright: ignore[reportAttributeAccessIssue]
        notes += callback.notes() if isinstance(callback, SnapshotCallback) else []
        notes += callback.told if isinstance(callback, Telling) else []
    if isinstance(trainer.limit_test_batches, int) or trainer.limit_test_batches < 1:  # 1 is one batch, 1.0 is all
        notes.append(f"trainer.limit_test_batches={trainer.limit_test_batches}: the figures are of a part of the test")
    return notes + [f"profile: {path}" for path in profile_files(folder)]


def _best(trainer: L.Trainer, folder: Path) -> str:
    """The best checkpoint; the last one if no validation has run, or if the best of a resumed run was moved."""
    checkpoint = trainer.checkpoint_callback
    assert isinstance(checkpoint, ModelCheckpoint), "build_trainer adds one when there is a monitor"
    best, last = Path(checkpoint.best_model_path), folder / "checkpoints" / LAST
    if not best.is_file():
        return str(last)
    try:
        check_sound(best)
    except InputError as error:
        print(f"warning: {error}; {LAST} is tested and exported instead of the best one", file=sys.stderr)
        return str(last)
    return str(best)
