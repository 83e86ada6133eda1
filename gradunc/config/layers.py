"""The files of a configuration, in the order in which they are merged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_origin, get_type_hints

from gradunc.config.command_line import CommandLine, config_folder, group_file, group_files
from gradunc.config.scalars import is_null
from gradunc.config.tree import Tree, read_yaml
from gradunc.errors import InputError, did_you_mean, shown


class Layer(NamedTuple):
    """One file."""

    path: Path
    content: dict[str, Tree]
    """Of the whole configuration, not of the group's section alone."""
    asked: bool
    """By the user, and not only because nothing else was chosen for its group."""

    @property
    def ours(self) -> bool:
        """One of `configs/`, which nobody wants to edit for one call."""
        return self.path.is_relative_to(config_folder())


def layers_of(schema: type, groups: Mapping[str, str | None], line: CommandLine) -> list[Layer]:
    """Group files, then experiments without the sections that groups of the command line replace.

    Raises:
        InputError: a file that cannot be read, or an unknown group or choice.
    """
    experiments = [(path, read_yaml(path)) for path in line.experiments]
    asked: dict[str, list[Path]] = {}
    for path, content in experiments:
        asked |= _defaults(content.pop("defaults", {}), groups, path)
    asked |= {group: group_files(group, chosen) for group, chosen in line.groups.items()}
    without_choice = {group: [] if name is None else [group_file(group, name)] for group, name in groups.items()}
    layers: list[Layer] = []
    for group, paths in {**without_choice, **asked}.items():
        sections = [(path, _section(path, group)) for path in paths]
        _check_several(schema, group, sections)
        layers += [Layer(path, {group: section}, group in asked) for path, section in sections]
    for path, content in experiments:
        layers.append(Layer(path, {key: value for key, value in content.items() if key not in line.groups}, True))
    return layers


def _defaults(wanted: Tree, groups: Mapping[str, str | None], path: Path) -> dict[str, list[Path]]:
    """The files that `defaults` of an experiment names; paths are relative to it."""
    if not isinstance(wanted, dict):
        raise InputError(f"{path}: 'defaults' must map groups to names, for example {{model: lcnet}}")
    found: dict[str, list[Path]] = {}
    for group, chosen in wanted.items():
        if group not in groups:
            known = ", ".join(groups)
            raise InputError(f"{path}: unknown group '{shown(group)}'{did_you_mean(group, groups)} (groups: {known})")
        names = chosen if isinstance(chosen, list) else [chosen]
        if not all(isinstance(name, str | None) for name in names):
            raise InputError(f"{path}: defaults.{group} must be a name, a FILE.yaml, a list of these, or null")
        named = [name for name in names if name is not None and not is_null(name)]
        try:
            found[group] = [group_file(group, str(name), path.parent) for name in named]
        except InputError as error:
            raise InputError(f"{path}: defaults: {error}") from error
    return found


def _section(path: Path, group: str) -> dict[str, Tree]:
    """The content of a group's file, which is the section alone."""
    content = read_yaml(path)
    if group in content:
        raise InputError(f"{path} holds a section '{group}' and not its content alone; give it without '{group}='")
    return content


def _check_several(schema: type, group: str, sections: list[tuple[Path, dict[str, Any]]]) -> None:
    """Raise `InputError` for several files of a section that has no named entries, or that name one entry twice."""
    if len(sections) > 1 and get_origin(get_type_hints(schema)[group]) is not dict:
        raise InputError(f"{group} cannot be several files, because it is one section; choose one")
    owner: dict[str, Path] = {}
    for path, section in sections:
        for name in section:
            if name in owner:
                raise InputError(f"{group}: '{name}' stands in {owner[name]} and in {path}; rename one")
            owner[name] = path
