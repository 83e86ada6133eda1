"""The commands themselves over damaged input: exit codes, what is printed, and what is left behind."""

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from gradunc.commands import infer, train
from gradunc.commands.run_command import run
from gradunc.errors import InputError
from gradunc.tools.check import command as check
from tests.attack.arguments import Arguments
from tests.attack.copies import copied, regular_files
from tests.attack.damage import damage

CODES = (0, 1, 2)
QUIET = ("progress=false", "device=cpu")


def trial(folder: Path, random: Random, originals: Path) -> None:
    """One command."""
    random.choice([_predict, _predict, _check, _train])(folder, random, originals)


def _predict(folder: Path, random: Random, originals: Path) -> None:
    source, output = folder / "images", folder / "out"
    source.mkdir()
    for _ in range(3):
        path = copied(originals / "images", source, random)
        if random.random() < 0.5:
            damage(path, random)
    network = originals / "networks" / "export"
    if random.random() < 0.2:
        network = Path(shutil.copytree(network, folder / "network"))
        damage(random.choice(regular_files(network)), random)
    typed = ["predict", f"checkpoint={network}", f"source={source}", f"output={output}", *QUIET]
    before = _state(source)
    _call(infer.main, typed)
    assert _state(source) == before, "the images were changed"
    assert not [path for path in regular_files(output) if path.suffix in (".part", ".tmp")], "something half-written"


def _tree(folder: Path, random: Random, originals: Path) -> list[str]:
    name = random.choice(json.loads((originals / "trees" / "all.json").read_text()))
    root = Path(shutil.copytree(originals / "trees" / name, folder / "tree"))
    for _ in range(random.choice([0, 1, 3])):
        if files := regular_files(root):
            damage(random.choice(files), random)
    return Arguments.read(originals / "trees" / f"{name}.json").of(root, folder / "cache")


def _check(folder: Path, random: Random, originals: Path) -> None:
    _call(check.main, [*_tree(folder, random, originals), f"output={folder / 'check'}"])


def _train(folder: Path, random: Random, originals: Path) -> None:
    division = "data.division={train: 1, val: 0, test: 0}"
    small = ("model=lcnet", "model.size=[32,64]", "trainer=cpu", "trainer.progress=false", "uncertainty=none")
    typed = [*_tree(folder, random, originals), division, *small, f"output={folder / 'runs'}", "--dry-run"]
    _call(train.main, typed)


def _state(folder: Path) -> list[tuple[str, int]]:
    return [(path.name, path.lstat().st_mtime_ns) for path in sorted(folder.iterdir())]


def _call(main: Callable[[Sequence[str]], int], typed: Sequence[str]) -> None:
    """Call a command as its console script does.

    Raises:
        InputError: it has refused its input, in one line.
    """
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["command", *typed]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run(main)
    except SystemExit as stop:
        code = stop.code
    finally:
        sys.argv = before
    printed = err.getvalue()
    assert code in CODES, f"exit code {code}: {printed[-300:]}"
    assert "Traceback" not in printed + out.getvalue(), printed[-600:]
    if code == 2:
        errors = [line for line in printed.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, printed[-600:]
        assert printed.rstrip().endswith(errors[0]), printed[-600:]
        raise InputError(errors[0].removeprefix("error: "))
