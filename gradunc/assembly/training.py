"""The module that trains: network, loss engine, pose network, optimiser, checked against one another."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from gradunc.assembly.objective_checks import check_training, with_head
from gradunc.assembly.teacher import teacher_of
from gradunc.assembly.window import check_window
from gradunc.callbacks import FrozenEncoder, SnapshotCallback, WeightAverage
from gradunc.config import TrainConfig
from gradunc.config.writing import as_dict
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.models import EncoderDecoder, ModelSettings, start_model, start_pose
from gradunc.models.accepted_sizes import reason_against
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.motion import MotionNetwork
from gradunc.models.pose.network import PoseNetwork
from gradunc.models.pose.unit import motion_unit
from gradunc.training import DepthTraining, FiniteSteps, Optimization, Teacher
from gradunc.training.low_rank import adapt_encoder, warn_of_random_encoder
from gradunc.training.recomputing import recompute_layers
from gradunc.types import STEREO


def build_training(config: TrainConfig, *, resumed: ModelSettings | None = None) -> DepthTraining:
    """The training module of a configuration.

    Args:
        config: of the run.
        resumed: settings of the network whose checkpoint will replace every weight: none is looked for or downloaded,
            and the images are normalised as for that network.

    Raises:
        InputError: parts that do not go together, naming the keys.
    """
    objective = config.objective
    engine, frames = check_training(config)
    teacher = teacher_of(objective)
    settings = config.model if resumed is None else _without_start(config.model, resumed)
    model = start_model(_with_ambiguity(with_head(settings, engine), _ambiguity(engine, frames, teacher)))
    check_size(model)
    check_window(model, config.data.augmentation.crop if config.data.augmentation.enabled else None)
    if objective.lora_rank is not None:
        adapt_encoder(model, objective.lora_rank)
        if resumed is None and settings.weights is None and getattr(settings, "pretrained", "false") == "false":
            warn_of_random_encoder(objective.lora_rank)
    if objective.gradient_checkpointing:
        recompute_layers(model.backbone)
    temporal = [frame for frame in frames if frame != STEREO]
    pose_network = None
    if temporal:
        weights = objective.pose_weights if resumed is None else None
        replaced = weights is not None or resumed is not None
        pretrained = (
            Pretrained() if replaced else Pretrained.parse(objective.pose_pretrained, "objective.pose_pretrained")
        )
        unit = 1.0 if replaced else motion_unit(model)
        pose_network = PoseNetwork(objective.pose_encoder, pretrained, model.size, unit=unit)
        if weights is not None:
            start_pose(pose_network, weights)
    motion_network = None
    if engine.needing("motion_field"):
        motion_network = MotionNetwork(objective.pose_encoder, model.size, motion_unit(model))
    optimization = Optimization(**{field.name: getattr(objective, field.name) for field in fields(Optimization)})
    finite_steps = FiniteSteps(config.trainer.on_nonfinite)
    return DepthTraining(
        model,
        engine,
        frames,
        pose_network,
        optimization,
        as_dict(config),
        finite_steps,
        teacher,
        objective.auto_mask_after,
        objective.mixing,
        objective.reject,
        motion_network=motion_network,
        motion_after=objective.motion_after,
    )


def build_average(config: TrainConfig) -> list[WeightAverage]:
    """The callback of `objective.ema`, if there is one."""
    return [] if config.objective.ema is None else [WeightAverage(config.objective.ema)]


def build_freezing(config: TrainConfig) -> list[FrozenEncoder]:
    """The callback of `objective.frozen_encoder_epochs`, if there are any."""
    epochs = config.objective.frozen_encoder_epochs
    return [FrozenEncoder(epochs)] if epochs else []


def build_snapshots(config: TrainConfig, folder: Path) -> list[SnapshotCallback]:
    """The callback of `objective.schedule=cyclic`, if it is that; `folder` is that of the run."""
    return [SnapshotCallback(folder)] if config.objective.schedule == "cyclic" else []


def _without_start(settings: ModelSettings, resumed: ModelSettings) -> ModelSettings:
    kept = {name: getattr(settings, name) or getattr(resumed, name) for name in ("mean", "std", "licence")}
    return settings.without_start(**kept)


def _ambiguity(engine: LossEngine, frames: Sequence[int | str], teacher: Teacher | None) -> str:
    """What a loss leaves open.

    A real baseline or true depth fixes the unit; video alone leaves the scale open, true disparity up to a factor and a
    shift both; a teacher passes on its own.
    """
    if teacher is not None and STEREO not in frames:
        return teacher.output_space.ambiguity
    if STEREO in frames or engine.metric:
        return "metric"
    return "affine" if engine.supervised and not frames else "scale"


def _with_ambiguity(settings: ModelSettings, found: str) -> ModelSettings:
    return replace(settings, ambiguity=found) if settings.ambiguity == "scale" else settings


def check_size(model: EncoderDecoder) -> None:
    """Raise `InputError` for a training size that the network would have to pad, or cannot take."""
    multiple = model.multiple
    nearest = [max(multiple, round(side / multiple) * multiple) for side in model.size]
    if list(model.size) != nearest:
        raise InputError(
            f"model.size={list(model.size)} must be multiples of {multiple}; nearest: model.size={nearest}".replace(
                ", ", ","
            )
        )
    reason = reason_against(model, model.size)
    if reason is not None:
        size = f"model.size=[{model.size[0]},{model.size[1]}]"
        raise InputError(f"{model.settings.title()} cannot take images of {size} ({reason}); choose another of the two")
