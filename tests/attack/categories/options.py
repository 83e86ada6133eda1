"""Wild configuration files and command lines of train.py."""

import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from gradunc.config import TrainConfig, as_yaml, load, parse
from gradunc.config.train import TRAIN_GROUPS
from tests.attack.copies import regular_files
from tests.attack.damage import damage, replaced
from tests.helpers import REPOSITORY

VALUES = (
    *("!!python/object/apply:os.system ['touch PWNED']", "!!python/name:os.system", "!!python/object/new:type {}"),
    *("${oc.env:HOME}", "${oc.env:NOPE}", "${oc.create:{a:1}}", "${seed}", "${name}", "${oc.decode:'1'}", "${..}"),
    *("${resolver:x}", "${", "${data}", "${model.size}", "${oc.dict.keys:model}", "${oc.deprecated:name}", "???"),
    *("~", "null", "[]", "{}", "[1, 2", "1e999", ".nan", ".inf", "-1", "0", "1e30", "9" * 5000, "2020-01-01", "012"),
    *("!!binary aGk=", "!!set {a, b}", "&a [*a]", "&a {x: *a}", "yes", "0o17", "1:30:00", "/etc/passwd", '"\\0"'),
    *("{a: {b: {c: 1}}}", "[[1, 2], [3]]", "'x'", "!!float 3", "{? [1, 2] : 3}", "{1: 2}", "<<: *x", "- a", "x/../y"),
    *(
        "|\n  text",
        "\u00b2x5",
        "\u0663",
        "\ufeff",
        "9" * 5000 + "x5",
        "'../../../x'",
        "a" * 5000,
        "[" * 3000,
        "\udc80",
        '"\\UFFFFFFFF"',
    ),
)
GROUP_CHOICES = (
    "{model: ../../../etc/passwd}",
    "{model: ../model/lcnet}",
    '{data: "\\0"}',
    "{data: [a]}",
    "{? [a] : b}",
)
MORE_KEYS = (
    *(
        "uncertainty.x.layers",
        "uncertainty.x",
        "uncertainty",
        "data",
        "model",
        "data.mixture.a.root",
        "nope.x",
        "",
        ".",
    ),
    *(
        "objective.losses.l1",
        "a b",
        "model.",
        "model..size",
        "model[size]",
        "model.size[0]",
        "uncertainty.x/../y.method",
    ),
)
ARGUMENTS = (
    *("model=../model/lcnet", "model=\x00", "data=" + "a" * 5000, "=", "==", "--", "-x", "data.mixture={a: {b: c}}"),
    *("model.size=[32,96", "uncertainty={x/../y: {}}", "name=../../x", 'name="a\\0b"', "experiment=" + "a/" * 3000),
)


def keys(section: Any, prefix: str = "") -> Iterator[str]:
    """Dotted names of all options of a dataclass."""
    for one in fields(section):
        value = getattr(section, one.name)
        if is_dataclass(value):
            yield from keys(value, f"{prefix}{one.name}.")
        else:
            yield prefix + one.name


@cache
def every_key() -> tuple[str, ...]:
    """Of train.py, and some that there are not."""
    return (*keys(TrainConfig()), *MORE_KEYS)


def trial(folder: Path, random: Random, originals: Path) -> None:
    """Read a file and some arguments; what is read can be written."""
    arguments = []
    if random.random() < 0.7:
        path = folder / "x.yaml"
        _write(path, random)
        arguments.append(str(path))
    count = random.choice([0, 1, 1, 2])
    arguments += [f"{random.choice(every_key())}={random.choice(VALUES)}" for _ in range(count)]
    if random.random() < 0.1:
        arguments.append(random.choice(ARGUMENTS))
    config = load(TrainConfig, TRAIN_GROUPS, parse(arguments, TRAIN_GROUPS))
    as_yaml(config, TRAIN_GROUPS)


def _write(path: Path, random: Random) -> None:
    choice = random.random()
    if choice < 0.03:
        path.write_text(_aliases(random))
    elif choice < 0.08:
        path.write_text(random.choice(["[", "{a: ", "- ", "{", "? "]) * random.choice([200, 2000, 50_000]))
    elif choice < 0.2:
        shutil.copy(random.choice(regular_files(REPOSITORY / "configs")), path)
        damage(path, random)
    elif choice < 0.3:
        path.write_text(f"defaults: {random.choice([*VALUES, *GROUP_CHOICES])}\n", errors="surrogateescape")
    elif choice < 0.35:
        path.touch()
        replaced(path, random)
    else:
        lines = [_line(random) for _ in range(random.choice([1, 1, 3]))]
        path.write_text("\n".join(lines), errors="surrogateescape")


def _line(random: Random) -> str:
    """One option as a nested block."""
    parts = random.choice(every_key()).split(".")
    inner = "".join(f"{'  ' * depth}{part}:\n" for depth, part in enumerate(parts[:-1]))
    return f"{inner}{'  ' * (len(parts) - 1)}{parts[-1]}: {random.choice(VALUES)}"


def _aliases(random: Random) -> str:
    """Nine lines that stand for 9^9 words."""
    names = "abcdefghi"
    lines = [f"a: &a [{','.join('x' * 9)}]"]
    lines += [f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]" for before, name in pairwise(names)]
    last = f"*{random.choice('defghi')}"
    uses = (
        "data: {mixture: %s}",
        "name: %s",
        "objective: {frames: %s}",
        "uncertainty: {g: {layers: %s}}",
        "model: {size: %s}",
    )
    return "\n".join([*lines, random.choice(uses) % last]) + "\n"
