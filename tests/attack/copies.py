"""Copies of originals."""

import shutil
from pathlib import Path
from random import Random


def copied(source: Path, folder: Path, random: Random) -> Path:
    """A copy of one file of a folder, in another folder."""
    chosen = random.choice(sorted(path for path in source.iterdir() if path.is_file()))
    return Path(shutil.copy(chosen, folder / chosen.name))


def regular_files(root: Path) -> list[Path]:
    """All plain files below a folder, in order."""
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
