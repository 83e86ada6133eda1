"""The module that trains: network, loss engine, pose network, optimiser, checked against one another."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from gradunc.assembly.pseudo_labels import check_pseudo_labels
from gradunc.assembly.teacher import teacher_of
from gradunc.assembly.window import check_window
from gradunc.callbacks import FrozenEncoder, SnapshotCallback, WeightAverage
from gradunc.config import TrainConfig
from gradunc.config.mixture import mixture_parts
from gradunc.config.sections import ObjectiveSettings
from gradunc.config.writing import as_dict
from gradunc.data.sets import MIXTURE
from gradunc.errors import InputError, unknown
from gradunc.losses import TRUTHS, LossEngine, terms_of_head
from gradunc.models import EncoderDecoder, ModelSettings, start_model, start_pose
from gradunc.models.accepted_sizes import reason_against
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.motion import MotionNetwork
from gradunc.models.pose.network import PoseNetwork
from gradunc.models.pose.unit import motion_unit
from gradunc.models.settings import DEPTH, check_head
from gradunc.training import DepthTraining, FiniteSteps, Optimization, Teacher
from gradunc.training.low_rank import adapt_encoder, warn_of_random_encoder
from gradunc.training.recomputing import recompute_layers
from gradunc.types import STEREO, FrameIds

OF_DEPTH = ("laplace", "gaussian", "evidential")
"""Uncertainty heads whose numbers are of a quantity of depth."""


def check_training(config: TrainConfig) -> tuple[LossEngine, FrameIds]:
    """What can be told without a network.

    Returns:
        The losses, and the source views.

    Raises:
        InputError: parts that do not go together, naming the keys.
    """
    config.model.check()
    engine = LossEngine(config.objective.losses)
    frames = _frames(config.objective)
    _check(config.objective, engine, config.model)
    _check_rotation(config, engine)
    _check_motion(config.objective, engine)
    _check_mixing(config)
    check_pseudo_labels(config, engine)
    _with_head(config.model, engine).check()
    return engine, frames


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
    model = start_model(_with_ambiguity(_with_head(settings, engine), _ambiguity(engine, frames, teacher)))
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


def _frames(objective: ObjectiveSettings) -> FrameIds:
    for frame in objective.frames:
        if frame != STEREO and (isinstance(frame, bool) or not isinstance(frame, int) or frame == 0):
            raise unknown("objective.frames entry", str(frame), ["-1", "1", STEREO])
    return tuple(objective.frames)


def _check(objective: ObjectiveSettings, engine: LossEngine, model: ModelSettings) -> None:
    from_views = engine.needing("sources")
    if from_views and not objective.frames:
        raise InputError(
            f"objective.losses.{from_views[0]} needs source views; set objective.frames, for example [-1,1]"
        )
    if objective.pose_weights is not None and all(frame == STEREO for frame in objective.frames):
        raise InputError("objective.pose_weights is given, but no pose network is trained; omit it")
    if (stereo := engine.needing("known_motion")) and any(frame != STEREO for frame in objective.frames):
        raise InputError(
            f"objective.losses.{stereo[0]} compares the two cameras of a stereo pair; set objective.frames=[s], or "
            "choose geometry_consistency"
        )
    if objective.auto_mask_after and not engine.needing("auto_mask"):
        raise InputError(f"objective.auto_mask_after={objective.auto_mask_after}, but no loss has a mask; omit it")
    if objective.frames and not from_views:
        raise InputError("objective.frames names source views that no loss uses; set objective.frames=[]")
    check_head(model, {str(need): name for need, name in engine.needs.items()})
    if DEPTH not in engine.needs and engine.supervised and DEPTH in model.head_facts.gives:
        raise InputError(
            f"objective.losses.{_first_supervised(engine)} leaves a factor and a shift of disparity open; set "
            "model.head=relative, or add a loss of depth, such as objective.losses.silog=1"
        )
    _check_head(model.uncertainty_head, engine)
    if model.uncertainty_quantity != "depth" and engine.head not in OF_DEPTH:
        raise InputError(
            f"model.uncertainty_quantity={model.uncertainty_quantity}, but no likelihood of depth is trained; omit it, "
            "or choose objective=supervised_laplace"
        )
    if {"photometric", "photometric_laplace"} <= set(engine.terms):
        raise InputError(
            "objective.losses.photometric_laplace stands in the place of photometric; set "
            "objective.losses.photometric=0"
        )
    if objective.teacher is not None and not engine.supervised:
        raise InputError(
            "objective.teacher is given, but no loss compares depth with it; set objective.losses.laplace=1"
        )
    if objective.teacher is not None and (pairs := engine.needing("ordinal")):
        raise InputError(
            f"objective.losses.{pairs[0]} learns from pairs of points, which objective.teacher does not give; omit one "
            "of them"
        )


def _first_supervised(engine: LossEngine) -> str:
    return next(engine.needs[need] for need in TRUTHS if need in engine.needs)


def _check_motion(objective: ObjectiveSettings, engine: LossEngine) -> None:
    """Raise `InputError` for a field of motion where it moves nothing."""
    fields = engine.needing("motion_field")
    if not fields:
        if objective.motion_after:
            raise InputError(
                f"objective.motion_after={objective.motion_after}, but nothing moves by itself; set "
                "objective.losses.motion_sparsity, or omit it"
            )
        return
    term = f"objective.losses.{fields[0]}"
    if not objective.frames or STEREO in objective.frames:
        raise InputError(f"{term} is about what moves from frame to frame; set objective.frames=[-1,1]")
    if (both := engine.needing("source_prediction")) or not engine.needing("auto_mask"):
        beside = f"; objective.losses.{both[0]} takes the world as still" if both else ""
        raise InputError(f"{term} needs a loss that lets things move, photometric or census{beside}")


def _check_mixing(config: TrainConfig) -> None:
    """Raise `InputError` for Pareto steps where nothing is mixed."""
    if config.objective.mixing == "pareto":
        parts = mixture_parts(config.data) if config.data.name == MIXTURE else {}
        if sum(part.weight > 0 for part in parts.values()) < 2:
            raise InputError(
                "objective.mixing=pareto weighs the parts of data=mixture, of which there are not two; omit it"
            )


def _check_rotation(config: TrainConfig, engine: LossEngine) -> None:
    """Raise `InputError` for turned images whose invented corners would be learned from."""
    settings, teacher = config.data.augmentation, config.objective.teacher
    if settings.enabled and settings.rotate and (teacher is not None or engine.needing("sources")):
        found = "objective.teacher" if teacher is not None else f"objective.losses.{engine.needing('sources')[0]}"
        raise InputError(
            f"data.augmentation.rotate={settings.rotate:g} repeats the border in the corners, which only true depth "
            f"can leave out, but {found} looks at all pixels; set data.augmentation.rotate=0"
        )


def _check_head(head: str | None, engine: LossEngine) -> None:
    """Raise `InputError` for an uncertainty head that no loss trains, or another one than the losses train."""
    if head is None or head == (engine.head or "none"):
        return
    if engine.head:
        name = next(name for name, (term, _) in engine.terms.items() if term.head)
        raise InputError(
            f"objective.losses.{name} trains another uncertainty head than model.uncertainty_head={head}; set "
            f"model.uncertainty_head={engine.head}, or null"
        )
    fitting = terms_of_head(head)
    trains = f"set objective.losses.{fitting[0]}=1" if fitting else "set model.uncertainty_head=none"
    raise InputError(f"model.uncertainty_head={head}, but no loss trains it; {trains}")


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


def _with_head(settings: ModelSettings, engine: LossEngine) -> ModelSettings:
    return replace(settings, uncertainty_head=engine.head or "none")


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
