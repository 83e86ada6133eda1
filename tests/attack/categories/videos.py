"""Damaged films."""

from itertools import islice
from pathlib import Path
from random import Random

from gradunc.data.formats.video import Video
from tests.attack.copies import copied
from tests.attack.damage import damage


def trial(folder: Path, random: Random, originals: Path) -> None:
    """Every picture of a film in both ways in which it is looked at."""
    path = copied(originals / "videos", folder, random)
    damage(path, random)
    for frame in islice(Video(path).pictures(), 50):
        frame.gray(64)
        frame.rgb(1280)
