"""The text of --help, made from the schema."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from gradunc.config.chosen import Choice, choice_of
from gradunc.config.command_line import EXPERIMENT, FLAGS, choices
from gradunc.config.fields import mapping_value
from gradunc.config.group_values import Notes, default_of, group_notes, shown_value

FLAG_HELP = {
    "--help": "--help",
    "--print-config": "--print-config (show the resolved configuration)",
    "--dry-run": "--dry-run (one batch)",
}
GROUP_HELP = "groups (NAME or FILE.yaml; group=NAME given here replaces the whole section of any FILE.yaml):"


def help_text(
    command: str,
    schema: type,
    groups: Mapping[str, str | None],
    usage: str,
    flags: Iterable[str] = FLAGS,
    *,
    experiments: bool = True,
) -> str:
    """Usage, groups with their choices, and every field with type, default and one line.

    Where the default choice of a group says something else than the default of the field, that stands behind it.

    Args:
        command: its name.
        schema: dataclass of its configuration, whose docstring says what the command does.
        groups: group -> choice without a word.
        usage: the arguments.
        flags: that it has.
        experiments: whether it takes `experiment=NAME`.
    """
    lines = [f"usage: {command} {usage}", "", (schema.__doc__ or "").strip()]
    if groups:
        lines += ["", GROUP_HELP]
    if experiments and choices(EXPERIMENT):
        lines.append(f"  {EXPERIMENT:<12} {', '.join(choices(EXPERIMENT))}")
    for group, default in groups.items():
        lines.append(f"  {group:<12} {', '.join(choices(group))}  (default: {default or 'none'})")
    lines += ["", f"flags: {', '.join(FLAG_HELP[flag] for flag in flags)}", ""]
    lines += ["fields (key=value; nested by dots, lists as [a,b]):", *_fields(schema, "", group_notes(schema, groups))]
    return "\n".join(lines)


def _fields(schema: type, prefix: str, notes: Notes) -> list[str]:
    lines: list[str] = []
    hints = get_type_hints(schema)
    for field in fields(schema):
        kind, name = hints[field.name], prefix + field.name
        value_type, choice = mapping_value(kind), choice_of(field)
        if choice is not None:
            lines += _chosen_fields(choice, f"{name}.NAME" if value_type else name, notes)
        elif is_dataclass(kind) and isinstance(kind, type):
            lines += ["", f"  {name}: {first_line(kind)}", *_fields(kind, f"{name}.", notes)]
        else:
            note = f" [{notes[schema, name]}]" if (schema, name) in notes else ""
            default = f"{_type_name(kind)} = {shown_value(default_of(field))}"
            lines.append(f"    {name} ({default}){note}  {field.metadata.get('help', '')}")
    return lines


def _chosen_fields(choice: Choice, name: str, notes: Notes) -> list[str]:
    """The fields of a section under each of its choices; what all share stands with the default only."""
    lines: list[str] = []
    shared: set[str] = set()
    for value, kind in choice.every().items():
        plain = _fields(kind, f"{name}.", {})
        own = [line for line, same in zip(_fields(kind, f"{name}.", notes), plain, strict=True) if same not in shared]
        lines += ["", f"  {name} with {choice.key}={value}: {first_line(kind)}", *own]
        shared = shared or set(plain)
    return lines


def first_line(schema: type) -> str:
    """The first line of the docstring of a dataclass."""
    return (schema.__doc__ or "").strip().splitlines()[0]


def _type_name(kind: Any) -> str:
    return (
        kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind).replace("typing.", "")
    )
