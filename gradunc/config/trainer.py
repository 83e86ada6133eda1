"""The section `trainer`: on what, how long and how often; names as in `lightning.Trainer`, where it has them."""

from dataclasses import dataclass, field

from gradunc.options import COUNT, POSITIVE, POSITIVE_COUNT, WEIGHT, Rule, option, or_null
from gradunc.training.choices import ON_NONFINITE

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps", "tpu")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
CLIP_ALGORITHMS = ("norm", "value")
PROFILERS = ("simple", "advanced", "pytorch")
MODES = ("auto", "min", "max")

EPOCHS = Rule(lambda value: value == -1 or value >= 1, "must be at least 1, or -1 with trainer.max_steps")
STEPS = Rule(lambda value: value == -1 or value >= 1, "must be at least 1, or -1 for no limit")
BATCHES = Rule(
    lambda value: value >= 1 if isinstance(value, int) else 0 < value <= 1,
    "must be a number of batches, at least 1, or a share of them as 0.1, at most 1.0",
)
TOP = Rule(lambda value: value == -1 or value >= 1, "must be at least 1, or -1 for all")


@dataclass
class HardwareSettings:
    """On what; names as in lightning.Trainer."""

    accelerator: str = option("auto", "auto, cpu, gpu, cuda, mps or tpu", choices=ACCELERATORS)
    devices: str = option("auto", "number of devices, several by number as 0,3, or auto")
    strategy: str = option("auto", "auto, ddp, ...")
    num_nodes: int = option(1, "machines", rule=POSITIVE_COUNT)
    progress: bool = option(True, "show progress bars")


@dataclass
class EarlyStoppingSettings:
    """When training ends early; names as in lightning's EarlyStopping."""

    patience: int | None = option(
        None,
        "validations without improvement after which training ends; null = never",
        rule=or_null(POSITIVE_COUNT, "must be at least 1, or null for never"),
    )
    monitor: str = option("auto", "metric that must improve; auto = that of trainer.select_by")
    min_delta: float = option(0.0, "smallest change that counts as an improvement", rule=WEIGHT)
    mode: str = option("auto", "min or max; auto = by the metric", choices=MODES)


@dataclass
class CheckpointSettings:
    """When checkpoints are saved beside the best one; names as in lightning's ModelCheckpoint."""

    every_n_epochs: int = option(1, "epochs between two last.ckpt; the last epoch has one", rule=POSITIVE_COUNT)
    minutes: float | None = option(
        10.0,
        "time after which last.ckpt is saved within an epoch too (train_time_interval); null = never",
        rule=or_null(POSITIVE, "must be above 0, or null for never"),
    )
    save_top_k: int = option(1, "checkpoints of the best epochs that are kept; -1 = all", rule=TOP)


@dataclass
class TrainerSettings(HardwareSettings):
    """How long and on what; names as in lightning.Trainer."""

    max_epochs: int = option(20, "passes over the training data", rule=EPOCHS)
    max_steps: int = option(-1, "optimiser steps, -1 = no limit", rule=STEPS)
    precision: str = option(
        "32-true", "of training: 32-true, bf16-mixed or 16-mixed; evaluation is in float32", choices=PRECISIONS
    )
    channels_last: bool = option(True, "keep the networks' weights in channels-last memory order, the faster one")
    accumulate_grad_batches: int = option(1, "batches per optimiser step", rule=POSITIVE_COUNT)
    gradient_clip_val: float | None = option(
        None, "largest gradient norm, or value", rule=or_null(POSITIVE, "must be above 0, or null for none")
    )
    gradient_clip_algorithm: str = option(
        "norm", "norm (of all weights together) or value (of each)", choices=CLIP_ALGORITHMS
    )
    on_nonfinite: str = option(
        "stop",
        "a loss or gradient that is NaN or infinite: stop ends the run, skip leaves the optimiser step out",
        choices=ON_NONFINITE,
    )
    check_val_every_n_epoch: int = option(1, "epochs between two validations", rule=POSITIVE_COUNT)
    picture_every: int = option(1, "validations between two panels", rule=POSITIVE_COUNT)
    val_uncertainty: int = option(
        8, "images, with true depth, whose uncertainty every validation scores; 0 = none", rule=COUNT
    )
    log_every_n_steps: int = option(10, "steps between two logged values", rule=POSITIVE_COUNT)
    limit_train_batches: int | float = option(
        1.0, "of an epoch: a number of batches, or a share as 0.1 (1 = one batch, 1.0 = all)", rule=BATCHES
    )
    limit_val_batches: int | float = option(1.0, "of a validation: the first ones, as above", rule=BATCHES)
    limit_test_batches: int | float = option(1.0, "of the test: the first ones, as above", rule=BATCHES)
    select_by: str = option("auto", "metric of the best checkpoint; auto = val/loss or, supervised, val/abs_rel")
    profiler: str | None = option(
        None,
        "simple, advanced or pytorch: where the time goes, as files profile in the run folder",
        choices=PROFILERS,
    )
    early_stopping: EarlyStoppingSettings = field(default_factory=EarlyStoppingSettings)
    checkpoint: CheckpointSettings = field(default_factory=CheckpointSettings)
