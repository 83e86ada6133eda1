"""A batch as a caller gives it, and the chunks of it that are differentiated together."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.uncertainty.checks import slice_inputs, usable
from gradunc.uncertainty.draws import image_seeds
from gradunc.uncertainty.gradient.engine import Chunk


@dataclass(frozen=True)
class Batch:
    """Arguments of `GradientUncertainty.estimate`, checked."""

    image: Tensor
    """(B,3,H,W)."""
    mask: Tensor | None
    """(B,1,H,W)."""
    reference: Tensor | None
    """(B,1,H,W)."""
    index: Tensor | None
    """(B,)."""
    inputs: dict[str, Any]
    """More arguments of the network."""

    __repr__ = brief_repr

    def chunks(self, size: int, seed: int) -> Iterator[Chunk]:
        """So many images at a time; `seed` is of references that draw random numbers."""
        for start in range(0, len(self.image), size):
            yield self._chunk(slice(start, start + size), seed)

    def first_inputs(self) -> dict[str, Any]:
        """The arguments that belong to the first image."""
        return slice_inputs(self.inputs, len(self.image), 0, 1)

    def _chunk(self, part: slice, seed: int) -> Chunk:
        def cut(values: Tensor | None) -> Tensor | None:
            return None if values is None else usable(values[part].to(self.image.device))

        image, index = usable(self.image[part]), None if self.index is None else usable(self.index[part])
        inputs = slice_inputs(self.inputs, len(self.image), part.start, part.stop - part.start)
        return Chunk(image, cut(self.mask), cut(self.reference), inputs, partial(image_seeds, seed, image, index))
