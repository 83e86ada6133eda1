"""The section `pseudo` of train.py."""

from dataclasses import dataclass, fields

from gradunc.errors import InputError
from gradunc.options import PATH, POSITIVE_COUNT, WEIGHT, option, or_null


@dataclass
class PseudoSection:
    """A teacher, its depth of images without truth, and a student that learns from it: three stages of one command."""

    images: str | None = option(
        None,
        "images without truth: a folder, a pattern, a film, or a .txt file that names one a line; null = no stages",
        rule=or_null(PATH),
    )
    teacher: str | None = option(
        None, "trained network, of any kind that loads; null = it is trained first", rule=or_null(PATH)
    )
    teacher_options: list[str] = option(
        [], "key=value and group=NAME of the teacher's training, on top of this configuration"
    )
    labelled: float = option(
        0.0,
        "share of images with truth in the student's training, beside 1 of those without; 0 = none (Depth Anything V2)",
        rule=WEIGHT,
    )
    shard: int = option(1000, "images in each folder of labels", rule=POSITIVE_COUNT)
    folder: str | None = option(None, "folder of all stages; null = OUTPUT/NAME/stages", rule=or_null(PATH))

    @property
    def is_asked_for(self) -> bool:
        """Whether there are stages."""
        return self.images is not None


def check_pseudo(section: PseudoSection) -> None:
    """Raise `InputError` for options of stages where there are none."""
    start = PseudoSection()
    for one in fields(section) if section.images is None else ():
        value = getattr(section, one.name)
        if value != getattr(start, one.name):
            raise InputError(f"pseudo.{one.name}={value} without pseudo.images, the images without truth; give both")
