"""Reading `[experiment=NAME | FILE.yaml ...] [PATH] [group=NAME ...] [key=value ...]`."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradunc.config.arguments import argument
from gradunc.config.bare_paths import bare_override, check_no_model
from gradunc.config.dashes import assignments
from gradunc.errors import InputError, did_you_mean, path_hint, shown

FLAGS = ("--help", "--print-config", "--dry-run")
EXPERIMENT = "experiment"


@dataclass
class CommandLine:
    """What was asked for, not yet resolved."""

    experiments: list[Path] = field(default_factory=list)
    """YAML files in the order given."""
    groups: dict[str, str] = field(default_factory=dict)
    """Group -> what was chosen, as typed: see `group_files`."""
    overrides: list[str] = field(default_factory=list)
    """`key=value` in the order given."""
    flags: set[str] = field(default_factory=set)
    """Of `FLAGS`."""


def config_folder() -> Path:
    """`configs/` beside the package in a checkout, or inside it in an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def choices(group: str) -> list[str]:
    """Names of the YAML files of a group."""
    return sorted(path.stem for path in (config_folder() / group).glob("*.yaml"))


def parse(
    arguments: Sequence[str], groups: Mapping[str, str | None], flags: Iterable[str] = FLAGS, bare: str | None = None
) -> CommandLine:
    """Sort arguments into experiments, groups, overrides and flags.

    Args:
        arguments: as typed; `--key=value`, `--key value` and `+key=value` stand for `key=value`.
        groups: that the command has.
        flags: that the command has.
        bare: the key that an argument which is a path and no YAML file stands for; None = it is refused.

    Raises:
        InputError: a flag, a file or a choice that does not exist, with the nearest one, several bare paths, or a bare
            path that is a model.
    """
    line = CommandLine()
    known_flags = list(flags)
    arguments = assignments(arguments, [*known_flags, "-h"])
    if bare is not None:
        check_no_model(arguments)
    for given in arguments:
        key, equals, value = given.partition("=")
        if given in ("-h", "--help"):
            line.flags.add("--help")
        elif given.startswith("-"):
            if given not in known_flags:
                hint = did_you_mean(given, known_flags) or f"; flags: {', '.join(known_flags)}"
                raise InputError(f"unknown flag '{shown(given)}'{hint} (a key needs a value: key=value)")
            line.flags.add(given)
        elif not equals and bare is not None and not is_yaml(given):
            line.overrides.append(bare_override(bare, given, line.overrides))
        elif not equals:
            line.experiments.append(_file(given))
        elif key == EXPERIMENT:
            line.experiments += group_files(EXPERIMENT, value)
        elif key in groups:
            group_files(key, value)
            line.groups[key] = value
        else:
            line.overrides.append(given)
    return line


def group_files(group: str, chosen: str, folder: Path = Path()) -> list[Path]:
    """The YAML files of a choice: of a name, of a path that ends in .yaml, or of several as `[NAME,FILE.yaml]`.

    Args:
        group: of the choice.
        chosen: as typed.
        folder: that a relative path begins at.

    Raises:
        InputError: there is no such file, with the nearest one, or none is named.
    """
    names = argument(group, chosen, str | list[str])
    names = names if isinstance(names, list) else [names or ""]
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"{group}={shown(chosen)} must be a name, a FILE.yaml, or several as [NAME,FILE.yaml]")
    return [group_file(group, str(name), folder) for name in names]


def group_file(group: str, name: str, folder: Path = Path()) -> Path:
    """The YAML file of one choice; arguments and errors as for `group_files`."""
    if is_yaml(name):
        path = folder / os.path.expanduser(name)
        if not os.path.exists(path):
            raise InputError(f"{group}={shown(name)} does not exist{path_hint(path)}")
        return path
    known = choices(group)
    if name not in known:
        hint = did_you_mean(name, known, f"{group}=")
        raise InputError(
            f"{group}={shown(name, 60)} does not exist{hint} (choices: {', '.join(known)}); or give a FILE.yaml"
        )
    return config_folder() / group / f"{name}.yaml"


def is_yaml(argument: str) -> bool:
    """Whether an argument is a path of a YAML file."""
    return Path(argument).suffix in (".yaml", ".yml")


def _file(argument: str) -> Path:
    path = Path(os.path.expanduser(argument))
    if not is_yaml(argument):
        raise InputError(f"'{shown(argument)}' is neither key=value, group=name nor a .yaml file; see --help")
    if not os.path.exists(path):
        raise InputError(f"configuration file '{shown(argument)}' does not exist{path_hint(path)}")
    return path
