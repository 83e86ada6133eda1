"""Damaged files of depth, disparity, laser scans and cached arrays."""

from pathlib import Path
from random import Random

import numpy as np

from gradunc.data import array_files
from gradunc.data.formats.depth_files import read_depth
from gradunc.data.formats.disparity_files import read_disparity
from gradunc.data.formats.pfm import read_pfm
from gradunc.data.formats.velodyne import depth_map, read_velodyne
from tests.attack.case import each
from tests.attack.copies import copied
from tests.attack.damage import damage
from tests.attack.originals import HEIGHT, SHAPE, WIDTH

PROJECTION = np.array([[60.0, 0, WIDTH / 2, 0], [0, 60, HEIGHT / 2, 0], [0, 0, 1, 0]])


def trial(folder: Path, random: Random, originals: Path) -> None:
    """The readers of the file's kind."""
    path = copied(originals / "depths", folder, random)
    damage(path, random)
    if path.suffix == ".bin":
        depth_map(read_velodyne(path), PROJECTION @ np.eye(4), SHAPE)
    elif path.suffix == ".arrays":
        array_files.read(path)
    else:
        unknown = random.random() < 0.5
        each(lambda: read_depth(path, 1000.0, nan_is_unknown=unknown), lambda: read_disparity(path, 256.0))
        if path.suffix == ".pfm":
            read_pfm(path)
