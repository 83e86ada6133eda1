"""Sections that several commands share: objective and evaluation."""

from dataclasses import dataclass

from gradunc.losses.choices import LOSSES
from gradunc.metrics.choices import ALIGNMENTS, CROP_LABELS, PROTOCOLS
from gradunc.options import (
    COUNT,
    FACTOR,
    MIRRORED_DEPTH,
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
from gradunc.training.choices import MIXING, OPTIMIZERS, SCHEDULES
from gradunc.types import MIRRORED

NO_VIEW_TWICE = Rule(lambda value: len(set(map(str, value))) == len(value), "must not name a view twice")


@dataclass
class ObjectiveSettings:
    """What training minimises, and how."""

    losses: dict[str, float] = option(
        {},
        "loss -> weight: photometric, census, smoothness; of a field of motion motion_sparsity, motion_smoothness; "
        "of both views appearance, left_right, masked_photometric, geometry_consistency; with true depth l1, l2, "
        "berhu, silog, eigen (lambda 0.5), eigen_full (lambda 1), gradient_matching (of log depth), and of "
        "disparity up to a factor and a shift ssi, ssi_matching, ssi_trimmed, ssi_trimmed_matching, of pairs of "
        "points ordinal, and of bins of depth bin_chamfer; with an uncertainty head laplace, gaussian, beta_nll, "
        "evidential, evidential_regularizer, and without truth photometric_laplace, reprojection (docs/methods.md "
        "C, F)",
        rule=WEIGHT,
        choices=LOSSES,
    )
    frames: list[int | str] = option(
        [], "source views: -1, 1 (neighbours in time), s (the other camera)", rule=NO_VIEW_TWICE
    )
    teacher: str | None = option(
        None,
        "trained network, of any kind that loads, whose prediction stands in the place of the true depth",
        rule=PATH,
    )
    reject: float = option(
        0.0,
        "share of the pixels, those of the largest loss, that do not count in an image whose truth a teacher has said "
        "(Depth Anything V2: 0.1), in losses of disparity up to a factor and a shift",
        rule=PART,
    )
    pose_encoder: str = option("resnet18", "timm backbone of the pose network, for neighbours in time")
    pose_pretrained: str = option("false", "weights of the pose encoder: true, false, or a file")
    pose_weights: str | None = option(
        None,
        "trained pose network to start from: a run, its .ckpt, or a folder with pose_encoder.pth and pose.pth "
        "(Monodepth2); replaces pose_pretrained",
        rule=PATH,
    )
    auto_mask_after: int = option(
        0,
        "optimiser steps in which every pixel counts, before the auto-mask of the photometric loss begins; 0 = as "
        "published; 100 to 200 for a pose network that starts from nothing on few steps (docs/training.md)",
        rule=COUNT,
    )
    motion_after: int = option(
        0,
        "optimiser steps in which nothing moves by itself, before the field of motion_sparsity and motion_smoothness "
        "begins: depth and the camera's motion are learned first",
        rule=COUNT,
    )
    optimizer: str = option("adam", "adam or adamw", choices=OPTIMIZERS)
    learning_rate: float = option(1e-4, "of the optimiser, or the peak of onecycle", rule=POSITIVE)
    weight_decay: float = option(0.0, "of the optimiser", rule=WEIGHT)
    encoder_learning_rate: float | None = option(
        None, "of the depth network's encoder; null = learning_rate", rule=or_null(POSITIVE, "must be above 0, or null")
    )
    layer_decay: float | None = option(
        None,
        "the last layer of the encoder has this share of its rate, the one before it the square, and so on: 0.65 to "
        "0.9 keeps what a pretrained transformer knows; null = one rate for all layers",
        rule=or_null(OPEN_SHARE, "must be above 0 and below 1, or null"),
    )
    frozen_encoder_epochs: int = option(
        0,
        "first epochs in which the depth network's encoder stays as it is, its statistics too; as many as "
        "trainer.max_epochs keep it for good",
        rule=COUNT,
    )
    lora_rank: int | None = option(
        None,
        "the encoder keeps its weights and learns factors of this rank beside each linear layer (LoRA): 4 to 16 for "
        "foundation encoders; null = all weights train",
        rule=or_null(POSITIVE_COUNT, "must be a whole number of at least 1, or null"),
    )
    gradient_checkpointing: bool = option(
        False, "compute the encoder's layers twice instead of keeping what they give: less memory, more time"
    )
    mixing: str = option(
        "weights",
        "parts of data=mixture in a step: weights = as the samples come; pareto = weighed so that the loss of each "
        "part falls, for a backward pass for each part",
        choices=MIXING,
    )
    schedule: str = option(
        "step", "step, poly (1 - t/T)^0.9, onecycle, cyclic (cosine with restarts) or constant", choices=SCHEDULES
    )
    warmup_steps: int = option(
        0, "optimiser steps in which the rate rises from 1/n; onecycle rises by itself", rule=COUNT
    )
    step_size: int = option(15, "step: complete epochs between two drops", rule=POSITIVE_COUNT)
    gamma: float = option(0.1, "step: factor of a drop", rule=POSITIVE)
    cycles: int = option(4, "cyclic: restarts of the rate; a snapshot is saved at the end of each", rule=POSITIVE_COUNT)
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
        choices=PROTOCOLS,
    )
    alignment: str = option(
        "auto", "none, median, least_squares, stereo (x 5.4); auto = by the model's output space", choices=ALIGNMENTS
    )
    min_depth: float | None = option(
        None, "nearest truth and prediction that count [m]; null = protocol, else 0.001", rule=POSITIVE_OR_NULL
    )
    max_depth: float | None = option(
        None, "farthest truth and prediction that count [m]; null = protocol, else 80", rule=POSITIVE_OR_NULL
    )
    crop: str | None = option(
        None, "none, garg, eigen (KITTI), nyu_eigen (480x640); null = protocol, else none", choices=CROP_LABELS
    )
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
    mirrored: str = option(
        "none",
        f"depth of a test: {MIRRORED_DEPTH}",
        choices=MIRRORED,
    )
