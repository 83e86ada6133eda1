"""Whether objective, network and data of a training go together: what can be told before a network is built."""

from dataclasses import replace

from gradunc.assembly.pseudo_labels import check_pseudo_labels
from gradunc.config import TrainConfig
from gradunc.config.mixture import mixture_parts
from gradunc.config.sections import ObjectiveSettings
from gradunc.data.sets import MIXTURE
from gradunc.errors import InputError, unknown
from gradunc.losses import TRUTHS, LossEngine, terms_of_head
from gradunc.models import ModelSettings
from gradunc.models.settings import DEPTH, check_head
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
    with_head(config.model, engine).check()
    return engine, frames


def with_head(settings: ModelSettings, engine: LossEngine) -> ModelSettings:
    """The settings of a network with the uncertainty head that a loss trains, or with none."""
    return replace(settings, uncertainty_head=engine.head or "none")


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
