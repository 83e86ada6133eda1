"""Numbers of every image, and their means over a data set."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric

from gradunc.brief import brief_repr


class ImageRows(NamedTuple):
    """What a metric has measured of each image, in the order of their numbers, on the CPU."""

    numbers: Tensor
    """(n,) int64, which image."""
    values: Tensor
    """(n,K) float64."""
    names: tuple[str, ...]
    """Of the K numbers."""

    __repr__ = brief_repr

    @classmethod
    def none(cls, names: Sequence[str]) -> "ImageRows":
        """Of no image."""
        return cls(torch.zeros(0, dtype=torch.int64), torch.zeros(0, len(names), dtype=torch.float64), tuple(names))

    def at(self, numbers: Tensor) -> Tensor:
        """(N,K) the values of these images, NaN for those that were not measured."""
        found = self.values.new_full((len(numbers), self.values.shape[1]), torch.nan)
        if len(self.numbers):
            place = torch.searchsorted(self.numbers, numbers).clamp_max(len(self.numbers) - 1)
            known = self.numbers[place] == numbers
            found[known] = self.values[place[known]]
        return found


class ImageMeans(Metric):
    """Mean over images of some numbers of each; images with few and many pixels count alike.

    The numbers of every image are kept (some 100 bytes), in float64, and those of all processes are put in the order of
    the images before they are added up: the means depend neither on the order nor on the batches nor on the processes.
    Images without a single valid pixel are skipped and counted in `skipped`; if there are no others, `compute` warns
    and returns NaN.

    Args:
        names: of the numbers.
    """

    full_state_update = False
    is_differentiable = False
    rows: list[Tensor] | Tensor
    skipped: Tensor

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.add_state("rows", [], dist_reduce_fx="cat")
        self.add_state("skipped", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")
        self.reset()

    def reset(self) -> None:
        """Forget all images."""
        super().reset()
        # Never an empty list: a process without an image must still send float64 of this width.
        self.rows = [torch.zeros(0, 1 + len(self.names), dtype=torch.float64, device=self.device)]

    @property
    def images(self) -> int:
        """Images that were measured, in this process."""
        return sum(len(rows) for rows in self.rows) if isinstance(self.rows, list) else len(self.rows)

    def add_row(self, values: Tensor, number: int | None) -> None:
        """Add the numbers (K,) of one image; without a number it is the next one."""
        number = self.images + int(self.skipped) if number is None else number
        assert isinstance(self.rows, list), "nothing is added while processes are brought together"
        self.rows.append(torch.cat([values.new_tensor([number], dtype=torch.float64), values.double()])[None])

    def compute(self) -> dict[str, Tensor]:
        """Name -> mean over the images."""
        values = self._sorted().values
        if not len(values):
            warnings.warn(
                f"{type(self).__name__} has seen no image with a valid pixel: its results are NaN", stacklevel=3
            )
        return dict(zip(self.names, values.mean(0).unbind(), strict=True))

    def per_image(self) -> ImageRows:
        """The numbers of the images of all processes; every process has to call it."""
        with self.sync_context(dist_sync_fn=self.dist_sync_fn):
            return self._sorted()

    def _sorted(self) -> ImageRows:
        rows = (torch.cat(self.rows) if isinstance(self.rows, list) else self.rows).cpu()
        rows = rows[rows[:, 0].argsort(stable=True)]
        return ImageRows(rows[:, 0].long(), rows[:, 1:], self.names)
