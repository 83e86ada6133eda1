"""Damaged pictures, also under the ending of another format."""

from pathlib import Path
from random import Random

from gradunc.data.image_files import load_image, read_image
from gradunc.data.inputs import open_images
from tests.attack.case import each
from tests.attack.copies import copied
from tests.attack.damage import damage
from tests.attack.originals import SHAPE

SIZE = (32, 96)


def trial(folder: Path, random: Random, originals: Path) -> None:
    """All ways in which a picture is read; what is read must be a picture."""
    path = copied(originals / "images", folder, random)
    damage(path, random)
    if random.random() < 0.3:
        path = path.rename(path.with_suffix(random.choice([".png", ".jpg", ".tif"])))
    each(
        lambda: _check(read_image(path)),
        lambda: _check(load_image(path, SIZE), SIZE),
        lambda: _check(load_image(path, SIZE, SHAPE), SIZE),
        lambda: open_images(folder),
    )


def _check(image, size: tuple[int, int] | None = None) -> None:
    assert image.ndim == 3
    assert image.shape[0] == 3
    assert size is None or image.shape[-2:] == size
    if image.is_floating_point():
        assert image.min() >= 0
        assert image.max() <= 1
