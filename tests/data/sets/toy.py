"""A whole data set: options, samples, answers. In the package it would be the folder `data/sets/toy/`."""

from dataclasses import dataclass, replace

import torch
from torch.utils.data import Dataset

from gradunc.data.interface import DataSet
from gradunc.errors import InputError
from gradunc.options import POSITIVE_COUNT, option
from gradunc.registry import Entry
from gradunc.types import FrameIds, Sample, Size, Split

TOY = Entry(f"{__name__}:ToySettings", f"{__name__}:Toy")
"""Its line in the registry."""


@dataclass
class ToySettings:
    """Slopes."""

    count: int = option(4, "images of each split", rule=POSITIVE_COUNT)
    truth: bool = option(True, "give true depth")


class Slopes(Dataset[Sample]):
    """Sample i has the depth i + 1 everywhere."""

    def __init__(self, count: int, size: Size, truth: bool) -> None:
        self.count, self.size, self.truth = count, size, truth

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if index >= self.count:
            raise IndexError(index)
        image = torch.linspace(0, 1, self.size[1]).expand(3, *self.size).clone()
        sample: Sample = {"image": image, "index": torch.tensor(index), "path": f"slope{index}"}
        depth = torch.full((1, *self.size), index + 1.0)
        return {**sample, "depth": depth, "valid": depth > 0} if self.truth else sample


class Toy(DataSet[ToySettings]):
    """The whole data set."""

    default_frames = ()

    def read(self, split: Split, size: Size, frames: FrameIds) -> Slopes:
        if frames:
            raise InputError("data=toy has no source views")
        return Slopes(self.options.count, size, self.options.truth)

    def missing_truth(self, *, train: bool = False) -> str:
        return "" if self.options.truth else "data.toy.truth=false; set it to true"

    def without_truth(self) -> "Toy":
        return self._with(replace(self.options, truth=False))
