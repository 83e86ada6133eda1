"""Sections that several commands share: objective, evaluation, trainer, logger."""

from dataclasses import dataclass

from gradunc.options import (
    COUNT,
    FACTOR,
    OPEN_SHARE,
    PART,
    PATH,
    POSITIVE,
    POSITIVE_COUNT,
    POSITIVE_OR_NULL,
    REJECT,
    WEIGHT,
    Rule,
    option,
    or_null,
)

NO_VIEW_TWICE = Rule(lambda value: len(set(map(str, value))) == len(value), "must not name a view twice")
EPOCHS = Rule(lambda value: value == -1 or value >= 1, "must be at least 1, or -1 with trainer.max_steps")
STEPS = Rule(lambda value: value == -1 or value >= 1, "must be at least 1, or -1 for no limit")


@dataclass
class ObjectiveSettings:
    """What training minimises, and how."""

    losses: dict[str, float] = option(
        {},
        "loss -> weight: photometric, smoothness; with true depth l1, l2, berhu, silog, eigen (lambda 0.5), eigen_full "
        "(lambda 1), gradient_matching (of log depth), laplace",
        rule=WEIGHT,
    )
    frames: list[int | str] = option(
        [], "source views: -1, 1 (neighbours in time), s (the other camera)", rule=NO_VIEW_TWICE
    )
    pose_encoder: str = option("resnet18", "timm backbone of the pose network, for neighbours in time")
    pose_pretrained: str = option("false", "weights of the pose encoder: true, false, or a file")
    pose_weights: str | None = option(
        None,
        "run of train.py, or its .ckpt, whose pose network to start from; replaces pose_pretrained",
        rule=PATH,
    )
    optimizer: str = option("adam", "adam or adamw")
    learning_rate: float = option(1e-4, "of the optimiser, or the peak of onecycle", rule=POSITIVE)
    weight_decay: float = option(0.0, "of the optimiser", rule=WEIGHT)
    encoder_learning_rate: float | None = option(
        None, "of the depth network's encoder; null = learning_rate", rule=or_null(POSITIVE, "must be above 0, or null")
    )
    schedule: str = option("step", "step, poly (1 - t/T)^0.9, onecycle or constant")
    warmup_steps: int = option(
        0, "optimiser steps in which the rate rises from 1/n; onecycle rises by itself", rule=COUNT
    )
    step_size: int = option(15, "step: complete epochs between two drops", rule=POSITIVE_COUNT)
    gamma: float = option(0.1, "step: factor of a drop", rule=POSITIVE)
    onecycle_rise: float = option(0.1, "onecycle: share of the steps in which the rate rises", rule=OPEN_SHARE)
    onecycle_start: float = option(25.0, "onecycle: peak / first rate", rule=FACTOR)
    onecycle_end: float = option(10000.0, "onecycle: first rate / last rate", rule=FACTOR)
    ema: float | None = option(
        None,
        "decay of an average of the weights, which is validated, tested and exported, for example 0.999",
        rule=or_null(OPEN_SHARE, "must be above 0 and below 1, or null for none"),
    )


@dataclass
class ProtocolSettings:
    """How depth is compared with the truth."""

    protocol: str = option(
        "custom",
        "custom = the keys below; eigen (Velodyne, Garg crop, 80 m), eigen_benchmark (improved depth, no crop), nyu, "
        "nyu_eigen_crop (10 m), published_png (16-bit files of the published uncertainty tables) fix them",
    )
    alignment: str = option("auto", "none, median, least_squares, stereo (x 5.4); auto = by the model's output space")
    min_depth: float | None = option(
        None, "nearest truth and prediction that count [m]; null = protocol, else 0.001", rule=POSITIVE_OR_NULL
    )
    max_depth: float | None = option(
        None, "farthest truth and prediction that count [m]; null = protocol, else 80", rule=POSITIVE_OR_NULL
    )
    crop: str | None = option(None, "none, garg, eigen (KITTI), nyu_eigen (480x640); null = protocol, else none")
    limit_truth: bool | None = option(
        None, "false = clamp predictions only, as KITTI's improved truth is scored; null = protocol, else true"
    )


@dataclass
class EvaluationSettings(ProtocolSettings):
    """How depth is compared with the truth, and what stands beside the figures."""

    baselines: bool = option(False, "score constant depth and the mean training depth map beside the model")
    trivial: bool | None = option(None, "rank by row, depth, constant, random, edges too; null = beside estimators")
    pictures: int = option(4, "panels of this many fixed images in validation and test", rule=COUNT)
    reject: float = option(0.2, REJECT, rule=PART)


@dataclass
class HardwareSettings:
    """On what; names as in lightning.Trainer."""

    accelerator: str = option("auto", "auto, cpu, gpu, mps")
    devices: str = option("auto", "number of devices, several by number as 0,3, or auto")
    strategy: str = option("auto", "auto, ddp, ...")
    num_nodes: int = option(1, "machines", rule=POSITIVE_COUNT)
    progress: bool = option(True, "show progress bars")


@dataclass
class TrainerSettings(HardwareSettings):
    """How long and on what; names as in lightning.Trainer."""

    max_epochs: int = option(20, "passes over the training data", rule=EPOCHS)
    max_steps: int = option(-1, "optimiser steps, -1 = no limit", rule=STEPS)
    precision: str = option("32-true", "of training: 32-true, bf16-mixed or 16-mixed; evaluation is in float32")
    channels_last: bool = option(True, "keep the networks' weights in channels-last memory order, the faster one")
    accumulate: int = option(1, "batches per optimiser step", rule=POSITIVE_COUNT)
    gradient_clip: float | None = option(
        None, "largest gradient norm, or value", rule=or_null(POSITIVE, "must be above 0, or null for none")
    )
    gradient_clip_algorithm: str = option("norm", "norm (of all weights together) or value (of each)")
    on_nonfinite: str = option(
        "stop", "a loss or gradient that is NaN or infinite: stop ends the run, skip leaves the optimiser step out"
    )
    val_every: int = option(1, "epochs between two validations", rule=POSITIVE_COUNT)
    picture_every: int = option(1, "validations between two panels", rule=POSITIVE_COUNT)
    log_every: int = option(10, "steps between two logged values", rule=POSITIVE_COUNT)
    select_by: str = option("auto", "metric of the best checkpoint; auto = val/loss or, supervised, val/abs_rel")


@dataclass
class LoggerSettings:
    """Where metrics go beside metrics.csv."""

    kind: str = option("csv", "csv or wandb")
    project: str = option("gradunc", "W&B project")
    mode: str = option("auto", "W&B: online, offline, disabled; auto = WANDB_MODE, else online with an API key")
    checkpoint: bool = option(True, "W&B: log the best checkpoint as artifact")
