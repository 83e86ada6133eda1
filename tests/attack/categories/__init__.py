"""What is attacked, one category a file; a new one is a file and a line in `CATEGORIES`."""

from dataclasses import dataclass

from tests.attack.case import Try
from tests.attack.categories import (
    bombs,
    checkpoints,
    commands,
    depths,
    hdf5,
    images,
    options,
    texts,
    trees,
    videos,
)


@dataclass(frozen=True)
class Category:
    """What is tried, and which share of all cases it gets relative to the others."""

    trial: Try
    share: float


CATEGORIES: dict[str, Category] = {
    "images": Category(images.trial, 5),
    "bombs": Category(bombs.trial, 0.3),
    "depths": Category(depths.trial, 4),
    "texts": Category(texts.trial, 5),
    "hdf5": Category(hdf5.trial, 3),
    "videos": Category(videos.trial, 1.5),
    "checkpoints": Category(checkpoints.trial, 3),
    "options": Category(options.trial, 6),
    "trees": Category(trees.trial, 4),
    "commands": Category(commands.trial, 0.6),
}
