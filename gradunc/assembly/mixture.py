"""Several data sets at once, asked through the same interface as one."""

from collections.abc import Mapping
from copy import copy
from typing import Self

from gradunc.config.mixture import MixturePart
from gradunc.data.interface import AnyDataSet, DataSet
from gradunc.data.loading.mixture import Mixture
from gradunc.data.settings import CommonSettings
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size, Split, TruthKind


class MixtureSet(DataSet[Mapping[str, MixturePart]]):
    """A split is made of the parts with a weight to train on, of those with `evaluate` otherwise.

    Args:
        common: the options of the whole mixture.
        options: label -> part.
        sets: label -> data set of the part.
    """

    def __init__(
        self, common: CommonSettings, options: Mapping[str, MixturePart], sets: Mapping[str, AnyDataSet]
    ) -> None:
        super().__init__(common, options)
        self.sets = dict(sets)
        for label, one in self.sets.items():
            one.remarks = self.remarks.part(label)

    def read(self, split: Split, size: Size, frames: FrameIds) -> Mixture:
        """The parts of one split; InputError for one that cannot be opened names it."""
        opened = {}
        for label in self._labels(train=split == "train"):
            try:
                opened[label] = self.sets[label].open(split, size, frames)
            except InputError as error:
                raise type(error)(f"in data.mixture.{label}: {error}") from error  # what others tell apart stays so
        return Mixture(opened, {label: self.options[label].weight for label in opened})

    def missing_truth(self, *, train: bool = False) -> str:
        """Something, if all parts miss it: the reason of the first."""
        reasons = [self.sets[label].missing_truth(train=train) for label in self._labels(train=train)]
        return reasons[0] if all(reasons) else ""

    def kinds_of_truth(self, *, train: bool = False) -> Mapping[TruthKind, str]:
        """Those of all parts."""
        found: dict[TruthKind, str] = {}
        for label in self._labels(train=train):
            for kind, said in self.sets[label].kinds_of_truth(train=train).items():
                found.setdefault(kind, f"{said} of data.mixture.{label}")
        return found

    def without_truth(self) -> Self:
        """All parts without it."""
        other = copy(self)
        other.sets = {label: one.without_truth() for label, one in self.sets.items()}
        return other

    def without_camera(self) -> Self:
        """All parts without need of it."""
        other = super().without_camera()
        other.sets = {label: one.without_camera() for label, one in self.sets.items()}
        return other

    def _labels(self, *, train: bool) -> list[str]:
        return [label for label, part in self.options.items() if (part.weight > 0 if train else part.evaluate)]
