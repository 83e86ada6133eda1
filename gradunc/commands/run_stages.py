"""train.py with `pseudo.images`: a teacher, its labels, and a student, each done once (docs/training.md)."""

from dataclasses import asdict, replace
from pathlib import Path

from gradunc.assembly import check_training
from gradunc.commands.pseudo_labels import write_labels
from gradunc.commands.run_folder import process_rank
from gradunc.commands.run_training import train
from gradunc.commands.stage_place import StagePlace
from gradunc.config import TrainConfig, load, parse
from gradunc.config.command_line import CommandLine
from gradunc.config.mixture import OF_THE_WHOLE
from gradunc.config.pseudo import PseudoSection
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.inputs import open_images
from gradunc.data.sets import MIXTURE
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.stopping import Stopped
from gradunc.types import SPLITS

TEACHER, LABELS, STUDENT = "teacher", "labels", "student"
"""Folders of the stages."""
PSEUDO = "pseudo"
"""The part of the student's mixture that holds the labels."""


def train_stages(config: TrainConfig, line: CommandLine) -> int:
    """Train what is not trained yet, label what is not labelled yet; returns the exit code.

    Args:
        config: of train.py, with `pseudo.images`: the student's.
        line: it was read from; the teacher's is the same line with `pseudo.teacher_options`.

    Raises:
        InputError: as `train`, a stage that was begun with other settings, or keys that do not go together.
    """
    _check(config, line)
    folder = Path(config.pseudo.folder or Path(config.output, config.name, "stages")).expanduser()
    options = teacher_config(config, line)
    student = StagePlace(student_config(config, folder / LABELS), folder, STUDENT)
    for stage in (options, student.config):  # before one of them is trained for nothing
        check_training(stage)
    _check_photos(str(config.pseudo.images))
    teacher = config.pseudo.teacher or _trained(StagePlace(options, folder, TEACHER))
    _label(config, teacher, folder / LABELS)
    best = _trained(student)
    print(f"stages: {folder}; the student: {best}", flush=True)
    return 0


def _check_photos(source: str) -> None:
    try:
        open_images(source)
    except InputError as error:
        raise InputError(f"pseudo.images: {error}; give a folder, a pattern, a film or a list.txt") from error


def _label(config: TrainConfig, teacher: str, folder: Path) -> None:
    size = (config.model.size[0], config.model.size[1])
    shard, progress = config.pseudo.shard, config.trainer.progress
    try:
        write_labels(str(config.pseudo.images), teacher, folder, size, shard=shard, progress=progress)
    except Stopped as stop:
        stop.advice = "the same command again goes on"
        raise


def teacher_config(config: TrainConfig, line: CommandLine) -> TrainConfig:
    """The configuration of the teacher's training."""
    try:
        more = parse(config.pseudo.teacher_options, TRAIN_GROUPS)
        whole = CommandLine(
            [*line.experiments, *more.experiments], line.groups | more.groups, [*line.overrides, *more.overrides]
        )
        return _without_labels(load(TrainConfig, TRAIN_GROUPS, whole))
    except InputError as error:
        raise InputError(f"pseudo.teacher_options: {error}") from error


def _without_labels(config: TrainConfig) -> TrainConfig:
    """Without what is about labels, which a teacher does not see."""
    augmentation = replace(config.data.augmentation, cutmix=0.0)
    data, objective = replace(config.data, augmentation=augmentation), replace(config.objective, reject=0.0)
    return replace(config, data=data, objective=objective, pseudo=PseudoSection())


def student_config(config: TrainConfig, labels: Path) -> TrainConfig:
    """The configuration of the student's training: labels, and images with truth, on which it is validated."""
    shares = dict.fromkeys(SPLITS, 0) | {"train": 1}
    images = {
        "name": "folder",
        "root": str(labels),
        "weight": 1.0,
        "evaluate": False,
        "division": shares,
        "folder": {"truth": "disparity", "pseudo": True},
    }
    parts = _labelled(config.data, config.pseudo.labelled) | {PSEUDO: images}
    data = replace(config.data, name=MIXTURE, mixture=parts)
    return replace(config, data=data, pseudo=PseudoSection())


def _labelled(data: DataSettings, share: float) -> dict[str, object]:
    """The images with truth as parts of a mixture, whose weights have the sum `share`."""
    if data.name == MIXTURE:
        total = sum(part.get("weight", 1.0) for part in data.mixture.values())
        return {name: part | {"weight": share * part.get("weight", 1.0) / total} for name, part in data.mixture.items()}
    own = {name: value for name, value in asdict(data).items() if name not in OF_THE_WHOLE}
    return {str(data.name): own | {"weight": share, "evaluate": True}}


def _trained(place: StagePlace) -> str:
    """The best checkpoint of a stage, which is trained if it is not yet."""
    found = place.done()
    if found is None:
        print(f"stage {place.stage}:", flush=True)
        train(place.config, place=place)
        found = place.done()
    else:
        print(f"stage {place.stage} is trained: {found}", flush=True)
    if found is None or not found.is_file():
        raise InputError(f"{place.folder} says that it is trained, but '{found}' is gone; remove the folder")
    return str(found)


def _check(config: TrainConfig, line: CommandLine) -> None:
    """Raise `InputError` for what does not go with stages."""
    if "--dry-run" in line.flags:
        raise InputError("--dry-run cannot see the labels of pseudo.images before there are any; omit one of them")
    if config.resume is not None:
        raise InputError(f"resume={config.resume} beside pseudo.images, whose stages go on by themselves; omit it")
    if config.ensemble.is_asked_for:
        raise InputError("ensemble.members beside pseudo.images; omit one of them")
    if config.objective.teacher is not None:
        raise InputError("objective.teacher beside pseudo.images; set pseudo.teacher to the trained network")
    if config.pseudo.teacher is not None and config.pseudo.teacher_options:
        raise InputError("pseudo.teacher is trained already; omit pseudo.teacher_options")
    if process_rank() or config.trainer.devices not in ("1", "auto") or config.trainer.num_nodes > 1:
        raise InputError("pseudo.images trains and labels in one process; set trainer.devices=1 trainer.num_nodes=1")
