"""Copies of originals."""

import shutil
from pathlib import Path
from random import Random


def copied(source: Path, folder: Path, random: Random) -> Path:
    """A copy of one file of a folder, in another folder."""
    chosen = random.choice(sorted(path for path in source.iterdir() if path.is_file()))
    place = folder / chosen.name
    # One that was copied and damaged before may be anything by now.
    if place.is_dir() and not place.is_symlink():
        place.rmdir()
    else:
        place.unlink(missing_ok=True)
    return Path(shutil.copy(chosen, place))


def regular_files(root: Path) -> list[Path]:
    """All plain files below a folder, in order."""
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
