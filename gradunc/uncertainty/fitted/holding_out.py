"""Whole scenes that are held back from what is learned, for what is fitted to errors afterwards."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, cast

import torch
from torch import Tensor

from gradunc.types import Sample
from gradunc.uncertainty.fitted.reservoir import Reservoir

SHARE = 0.2
"""Of the images, about, that are held out."""
PIXELS_OF_AN_IMAGE, PIXELS = 500, 10_000
"""Pixels that are kept of each image and of all, at random."""


NAMES = ("image", "depth", "valid", "truth_size", "index", "scene")
"""What one learns from of a batch; see `types.Sample`."""


class HeldOut:
    """Decides which images are held out, and keeps a random part of their pixels.

    A scene that is new is held out if fewer than `SHARE` of the images before it were; an image without a scene is one
    of its own. Where all images are of one scene, none is held out, and pixels of the others stand in.

    Args:
        seed: of what is drawn.
    """

    def __init__(self, seed: int) -> None:
        self._apart, self._seen = Reservoir(PIXELS, seed), Reservoir(PIXELS, seed)
        self._generator = torch.Generator().manual_seed(seed)
        self._scenes: dict[Any, bool] = {}
        self._images = self._held = 0
        self._unknown = count()

    def takes(self, sample: Sample) -> bool:
        """Whether the one image of this sample is held out; ask once for each."""
        scene: Any = sample.get("scene", [next(self._unknown)])
        (scene,) = scene if isinstance(scene, list | tuple) else [scene]
        taken = self._scenes.setdefault(scene, self._held < SHARE * self._images)
        self._images, self._held = self._images + 1, self._held + taken
        return taken

    def add(self, rows: Tensor, errors: Tensor) -> None:
        """Pixels of an image that is held out: features (n,D) and errors (n,)."""
        self._apart.add(self._some(rows, errors))

    def remember(self, rows: Tensor, errors: Tensor) -> None:
        """Pixels of an image that is not, in case that none is."""
        if not self.is_apart:
            self._seen.add(self._some(rows, errors))

    @property
    def is_apart(self) -> bool:
        """Whether any pixel was held out."""
        return len(self._apart.rows) > 0

    @property
    def examples(self) -> tuple[Tensor, Tensor]:
        """Features (n,D) and errors (n,) of held-out pixels."""
        rows = (self._apart if self.is_apart else self._seen).rows
        return rows[:, :-1], rows[:, -1]

    def _some(self, rows: Tensor, errors: Tensor) -> Tensor:
        chosen = torch.randperm(len(rows), generator=self._generator)[:PIXELS_OF_AN_IMAGE].to(rows.device)
        return torch.cat([rows[chosen], errors[chosen, None].to(rows)], 1)


def single_images(batches: Iterable[Sample]) -> Iterator[Sample]:
    """The images of batches one by one, each a batch of its own with image, truth, index and scene."""
    for batch in batches:
        given = {name: value for name, value in dict[str, Any](batch).items() if name in NAMES}
        for number in range(len(batch["image"])):
            one = {
                name: value if isinstance(value, str) else value[number : number + 1] for name, value in given.items()
            }
            yield cast("Sample", one)
