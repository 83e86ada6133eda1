"""Whether options about images whose truth a teacher has said go with the data and the losses."""

from gradunc.config import TrainConfig
from gradunc.config.mixture import mixture_parts
from gradunc.data.sets import MIXTURE
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.losses import LossEngine

FOLDER = "folder"
"""The data set whose disparity a teacher may have said."""


def check_pseudo_labels(config: TrainConfig, engine: LossEngine) -> None:
    """Raise `InputError` for such an option where there is no such image, or no loss that could obey it."""
    augmentation = config.data.augmentation
    asked = {
        "objective.reject": config.objective.reject,
        "data.augmentation.cutmix": augmentation.cutmix if augmentation.enabled else 0,
    }
    parts = [one for one in map(_folder, _trained_on(config.data)) if one is not None and one.pseudo]
    for part in parts:
        if part.truth != "disparity":
            raise InputError(f"data.folder.pseudo is about disparity/, but data.folder.truth={part.truth}; omit it")
    for key, value in asked.items():
        if not value:
            continue
        if not parts:
            raise InputError(
                f"{key}={value:g} is about images whose truth a teacher has said, of which there are none; give "
                "pseudo.images, or data.folder.pseudo=true"
            )
        if not engine.needing("disparity"):
            raise InputError(f"{key}={value:g} is about losses of disparity; choose objective=midas, or omit it")
        if config.objective.teacher is not None:
            raise InputError(f"{key}={value:g} is about labels, which objective.teacher replaces; omit one of them")
        if key.endswith("cutmix") and (views := engine.needing("sources")):
            raise InputError(
                f"{key}={value:g} pastes into images that objective.losses.{views[0]} compares with other views; omit "
                "one of them"
            )


def _trained_on(data: DataSettings) -> list[DataSettings]:
    if data.name != MIXTURE:
        return [data]
    return [part.settings for part in mixture_parts(data).values() if part.weight > 0]


def _folder(part: DataSettings) -> FolderSettings | None:
    return getattr(part, FOLDER) if part.name == FOLDER else None
