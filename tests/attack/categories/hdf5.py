"""Damaged HDF5 and MATLAB files of NYU Depth V2."""

import shutil
from pathlib import Path
from random import Random

from gradunc.data.formats import nyu
from tests.attack.case import each
from tests.attack.copies import regular_files
from tests.attack.damage import damage


def trial(folder: Path, random: Random, originals: Path) -> None:
    """All that is read of such a file."""
    trees = originals / "trees"
    files = [*regular_files(trees / "nyu"), *regular_files(trees / "nyu_labelled")]
    chosen = random.choice([path for path in files if path.suffix in (".h5", ".mat")])
    path = Path(shutil.copy(chosen, folder / chosen.name))
    damage(path, random)
    if path.suffix == ".h5":
        each(
            lambda: nyu.fastdepth_size(path),
            lambda: nyu.read_fastdepth(path, "rgb"),
            lambda: nyu.read_fastdepth(path, "depth"),
        )
    elif "split" in path.name:
        nyu.read_splits(path, 10)
    else:
        each(
            lambda: nyu.labelled_size(path, "depths"),
            lambda: nyu.read_labelled(path, "images", 0),
            lambda: nyu.read_labelled(path, "depths", 1),
            lambda: nyu.read_scenes(path),
        )
