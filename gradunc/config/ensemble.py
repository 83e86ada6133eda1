"""The section `ensemble` of train.py."""

from dataclasses import dataclass

from gradunc.options import PART_OF_ALL, PATH, POSITIVE_COUNT, Rule, option, or_null

SEVERAL = Rule(lambda value: value >= 2, "must be at least 2: one network is no ensemble")


@dataclass
class EnsembleSection:
    """Several networks of one configuration, each with a seed and a subset of the training samples of its own."""

    members: int | None = option(None, "train so many networks one after another; null = one", rule=or_null(SEVERAL))
    fraction: float = option(
        0.25, "share of the training samples that each sees, drawn without replacement", rule=PART_OF_ALL
    )
    member: int | None = option(None, "train this one alone, 1 to members", rule=or_null(POSITIVE_COUNT))
    folder: str | None = option(
        None, "folder of the ensemble, which jobs of single members share; null = OUTPUT/NAME/TIME", rule=or_null(PATH)
    )

    @property
    def is_asked_for(self) -> bool:
        """Whether anything but one network is trained."""
        return (self.members, self.member, self.folder) != (None, None, None)
