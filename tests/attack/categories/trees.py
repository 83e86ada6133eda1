"""Folders of every data set with damaged, lost and foreign files, opened and read whole."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from random import Random

from gradunc.assembly import build_data, data_set
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from tests.attack.arguments import Arguments
from tests.attack.case import each
from tests.attack.copies import regular_files
from tests.attack.damage import damage, replaced

SIZE = (32, 96)
ODD_NAMES = (
    *("\n.png", "a" * 250 + ".png", "9" * 240 + ".jpg", "..png", "-1.png", "0000000000.jpg", " .jpg", "1e5.png"),
    *("\u00b2", "\u0663", "frame-\u0663.color.png", "frame-\u00b2.color.png", "x.txt", "x.json", ".hidden.png"),
)

LOADED = 0.03
"""Share of the cases that are read through a loader, too, which starts processes and so takes long."""


def trial(folder: Path, random: Random, originals: Path) -> None:
    """Open the test split and read every sample, directly and through the policy for what cannot be read."""
    name = random.choice(json.loads((originals / "trees" / "all.json").read_text()))
    arguments = Arguments.read(originals / "trees" / f"{name}.json")
    root = folder / "tree"
    shutil.copytree(originals / "trees" / name, root)
    for _ in range(random.choice([1, 1, 2, 4])):
        _harm(root, random)
    policy = random.choice(["raise", "skip"])
    typed = [*arguments.of(root, folder / "cache"), f"data.on_error={policy}"]
    if random.random() < 0.2:
        typed.append("data.frame_cache=true")
    settings = load(TrainConfig, TRAIN_GROUPS, parse(typed, TRAIN_GROUPS)).data
    calls = [lambda: _read_directly(settings, random)]
    if random.random() < LOADED:
        calls.append(lambda: _read_by_policy(settings))
    each(*calls)


def _harm(root: Path, random: Random) -> None:
    files = regular_files(root)
    if not files:
        return
    chosen, choice = random.choice(files), random.random()
    if choice < 0.75:
        damage(chosen, random)
    elif choice < 0.85:
        chosen.unlink()
    elif choice < 0.9:
        replaced(chosen, random)
    else:
        odd = random.choice(ODD_NAMES)
        with suppress(OSError):
            os.link(chosen, chosen.with_name(odd if "." in odd else odd + chosen.suffix))


def _read_directly(settings, random: Random) -> None:
    found = data_set(settings)
    frames = random.choice([(), found.default_frames])
    opened = found.open("test", SIZE, frames)
    # What the policy for samples counts as unreadable may be an error of the system, too.
    each(*(lambda i=i: _sample(opened, i) for i in range(len(opened))))


def _sample(opened, index: int) -> None:
    with suppress(OSError):
        sample = opened[index]
        assert sample["image"].shape == (3, *SIZE)


def _read_by_policy(settings) -> None:
    data = build_data(settings, SIZE)
    data.prepare("test")
    for _ in data.test_dataloader():
        pass
