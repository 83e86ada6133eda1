from dataclasses import MISSING, fields, is_dataclass
from typing import get_origin, get_type_hints

import pytest

from gradunc.commands import infer
from gradunc.commands.verbs import VERBS, verb_of
from gradunc.config import TrainConfig, help_text, load
from gradunc.config.chosen import choice_of
from gradunc.config.command_line import CommandLine, config_folder
from gradunc.config.group_values import default_of
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
        default = default_of(field)
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


def test_what_a_default_group_changes_stands_behind_the_default():
    lines = help_text("train.py", TrainConfig, TRAIN_GROUPS, "").splitlines()
    told = {line.split()[0]: line for line in reversed(lines) if line.startswith("    ")}  # the first choice of each
    assert "(str = false) [true with model=monodepth2 (default)]  encoder weights" in told["model.pretrained"]
    assert "(str | None = null) [synthetic with data=synthetic (default)]  " in told["data.name"]
    assert "[{'photometric': 1.0, 'smoothness': 0.001} with objective=mono (default)]" in told["objective.losses"]
    assert "[coarse for gradient of uncertainty=gradient (default)]  " in told["uncertainty.NAME.layers"]
    assert " [" not in told["model.encoder"].partition("  any timm")[0].partition("(")[2]


@pytest.mark.parametrize(("schema", "groups"), COMMANDS)
def test_help_is_true_of_every_field_without_a_word(schema, groups):
    """A second way to the value that holds: the configuration itself, walked by names."""
    config = load(schema, groups, CommandLine())
    lines = help_text("x", schema, groups, "").splitlines()
    changed = {line.split()[0] for line in lines if line.startswith("    ") and " with " in _note(line)}
    for name, _, field in leaves(schema):
        if ".NAME." in name:
            continue
        value = config
        for part in name.split("."):
            value = getattr(value, part, MISSING)
        default = default_of(field)
        of_other_choice = value is MISSING or name.rpartition(".")[2] in ("architecture", "method")
        assert of_other_choice or (value != default) == (name in changed), name


def _note(line):
    """What stands in brackets between the default of a field and its line of help."""
    head = line.strip().partition("  ")[0]
    return head.partition(") [")[2]
