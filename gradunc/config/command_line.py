"""Reading `[experiment=NAME | FILE.yaml ...] [PATH] [group=NAME ...] [key=value ...]`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradunc.errors import InputError, nearest, path_hint

FLAGS = ("--help", "--print-config", "--dry-run")
EXPERIMENT = "experiment"


@dataclass
class CommandLine:
    """What was asked for, not yet resolved."""

    experiments: list[Path] = field(default_factory=list)
    """YAML files in the order given."""
    groups: dict[str, str] = field(default_factory=dict)
    """Group -> chosen name."""
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
        arguments: as typed.
        groups: that the command has.
        flags: that the command has.
        bare: the key that an argument which is a path and no YAML file stands for; None = it is refused.

    Raises:
        InputError: a flag, a file or a choice that does not exist, with the nearest one, several bare paths, or a bare
            path that is a model.
    """
    line = CommandLine()
    known_flags = list(flags)
    if bare is not None:
        _check_model(arguments)
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if argument in ("-h", "--help"):
            line.flags.add("--help")
        elif argument.startswith("-"):
            if argument not in known_flags:
                raise InputError(f"unknown flag '{argument}'; did you mean '{nearest(argument, known_flags)[0]}'?")
            line.flags.add(argument)
        elif not equals and bare is not None and not _is_yaml(argument):
            _add_bare(line, bare, argument)
        elif not equals:
            line.experiments.append(_file(argument))
        elif key == EXPERIMENT:
            line.experiments.append(group_file(EXPERIMENT, value))
        elif key in groups:
            group_file(key, value)
            line.groups[key] = value
        else:
            line.overrides.append(argument)
    return line


def group_file(group: str, name: str) -> Path:
    """The YAML file of a choice.

    Raises:
        InputError: there is none of that name.
    """
    path = config_folder() / group / f"{name}.yaml"
    if not path.is_file():
        known = choices(group)
        raise InputError(
            f"{group}={name} does not exist; did you mean '{group}={nearest(name, known)[0]}'? (choices: "
            f"{', '.join(known)})"
        )
    return path


def _is_yaml(argument: str) -> bool:
    return Path(argument).suffix in (".yaml", ".yml")


def _add_bare(line: CommandLine, key: str, argument: str) -> None:
    """Add `key=argument`, once: a shell makes many arguments of a pattern without quotes."""
    before = [override for override in line.overrides if override.startswith(f"{key}=")]
    if before:
        pattern = ", and a pattern in quotes: source='DIR/*.png'" if key == "source" else ""
        raise InputError(f"'{argument}' is a second {key} after '{before[0]}'; give one{pattern}")
    line.overrides.append(f"{key}={argument}")


def _check_model(arguments: Sequence[str]) -> None:
    """Raise `InputError` for a call without checkpoint= or a file of keys, whose first bare path is a model."""
    if any(argument.startswith("checkpoint=") or _is_yaml(argument) for argument in arguments):
        return
    first = next((one for one in arguments if "=" not in one and not one.startswith("-")), None)
    if first is not None and _looks_like_model(Path(first).expanduser()):
        raise InputError(f"'{first}' is a model; give checkpoint={first}")


def _looks_like_model(path: Path) -> bool:
    """A checkpoint, an export, a folder of published weights, or a run."""
    return path.suffix == ".ckpt" or any((path / name).exists() for name in ("config.json", "encoder.pth", "export"))


def _file(argument: str) -> Path:
    path = Path(argument).expanduser()
    if not _is_yaml(argument):
        raise InputError(f"'{argument}' is neither key=value, group=name nor a .yaml file; see --help")
    if not path.is_file():
        raise InputError(f"configuration file '{argument}' does not exist{path_hint(path)}")
    return path
