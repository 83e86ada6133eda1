from dataclasses import MISSING, fields, is_dataclass
from typing import get_origin, get_type_hints

import pytest

from gradunc.commands import infer
from gradunc.commands.verbs import VERBS, verb_of
from gradunc.config import TrainConfig, help_text
from gradunc.config.chosen import choice_of
from gradunc.config.command_line import config_folder
from gradunc.config.train import TRAIN_GROUPS

COMMANDS = [(TrainConfig, TRAIN_GROUPS), *((verb_of(name).schema, verb_of(name).groups) for name in VERBS)]


def leaves(schema, prefix=""):
    """Dotted name, type and field of everything that can be set."""
    hints = get_type_hints(schema)
    for field in fields(schema):
        kind, name = hints[field.name], prefix + field.name
        choice = choice_of(field)
        if choice is not None:
            prefix_of_all = f"{name}.NAME." if get_origin(kind) is dict else f"{name}."
            found = {leaf[0]: leaf for one in choice.every().values() for leaf in leaves(one, prefix_of_all)}
            yield from found.values()
        elif is_dataclass(kind):
            yield from leaves(kind, f"{name}.")
        else:
            yield name, kind, field


@pytest.mark.parametrize(("schema", "groups"), COMMANDS)
def test_every_field_has_type_default_and_a_line(schema, groups):
    lines = {
        line.split()[0]: line for line in help_text("x", schema, groups, "").splitlines() if line.startswith("   ")
    }
    count = 0
    for name, kind, field in leaves(schema):
        line = lines[name]
        assert field.metadata["help"], name
        assert line.endswith(field.metadata["help"])
        assert (kind.__name__ if kind in (int, float, str, bool) else str(kind).replace("typing.", "")) in line
        default = field.default if field.default is not MISSING else field.default_factory()
        shown = {None: "null", True: "true", False: "false"}.get(default) if default in (None, True, False) else None
        assert f"= {shown if isinstance(default, bool | None) else default})" in line
        count += 1
    assert count == len(lines) >= 5


@pytest.mark.parametrize(("schema", "groups"), COMMANDS)
def test_every_group_and_choice(schema, groups):
    every = [line for line in help_text("x", schema, groups, "").splitlines() if line.strip()]
    # The groups stand in front of the fields, whose sections have the same names.
    lines = {line.split()[0]: line for line in reversed(every)}
    for group, default in groups.items():
        for path in (config_folder() / group).glob("*.yaml"):
            assert path.stem in lines[group]
        assert f"default: {default or 'none'}" in lines[group]
    told = "group=NAME given here replaces the whole section of any FILE.yaml" in help_text("x", schema, groups, "")
    assert told == bool(groups)
    assert "demo" in lines["experiment"]
    assert "demo" not in help_text("x", schema, groups, "", experiments=False)


def test_flags_of_the_command():
    assert "--dry-run" in help_text("train.py", TrainConfig, TRAIN_GROUPS, "")
    assert "--dry-run" not in help_text("x", TrainConfig, TRAIN_GROUPS, "", infer.FLAGS)
