"""Options that the prose names exist: `data.stereo.doffs`, `evaluation.crop=garg`, `uncertainty=compare`."""

import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import gradunc
from gradunc import callbacks
from gradunc.commands.verbs import VERBS, verb_of
from gradunc.config.command_line import choices
from gradunc.config.keys import could_hold, known_keys
from gradunc.config.train import TRAIN_GROUPS, TrainConfig
from gradunc.tools.check.command import CheckConfig
from gradunc.tools.evaluate_pose import PoseConfig
from gradunc.uncertainty.gradient import references
from tests.docs.exceptions import NAMES
from tests.docs.pages import PAGES, inline_code, name_of

SECTIONS = ("model", "data", "objective", "uncertainty", "evaluation", "trainer", "logger")
FILES = "py|yaml|md|csv|png|json|pth|npy"
DOTTED = re.compile(rf"(?<![\w./-])((?:{'|'.join(SECTIONS)})(?:\.\w+)+)(?![\w/(]|\.(?:{FILES}))")
PLAIN = re.compile(r"(?<![\w./-])([a-z_]+)=([^\s,)]*)")
PLACEHOLDER = re.compile(r"^data\.NAME")
GROUPS = (*TRAIN_GROUPS, "experiment")
ENDINGS = (".py", ".yaml", ".md", ".csv", ".png", ".json", ".pth", ".safetensors", ".onnx", ".pt2")
TOO_OLD = ("CHANGELOG.md",)
"""Pages that name what is gone."""


@cache
def schemas() -> tuple[type, ...]:
    return (TrainConfig, CheckConfig, PoseConfig, *(verb_of(name).schema for name in VERBS))


@cache
def known_names() -> set[str]:
    """Last parts of all options, and the parameters of what gradunc offers."""
    names = {part for schema in schemas() for key in known_keys(schema) for part in key.split(".")}
    homes = (gradunc, callbacks, references)
    public = [getattr(home, name) for home in homes for name in home.__all__]
    methods = [method for one in public if inspect.isclass(one) for _, method in inspect.getmembers(one, callable)]
    for one in (*public, *methods):
        try:
            names |= set(inspect.signature(one).parameters)
        except (TypeError, ValueError):
            continue
    return names | set(GROUPS) | set(NAMES)


def unknown_options(code: str) -> list[str]:
    """What a piece of inline code names and gradunc does not have."""
    dotted = [one for one in DOTTED.findall(code) if not one.endswith(ENDINGS) and not PLACEHOLDER.search(one)]
    wrong = [key for key in dotted if not any(could_hold(schema, key) for schema in schemas())]
    for name, value in PLAIN.findall(code):
        if name not in known_names():
            wrong.append(name)
        elif (
            name in GROUPS
            and not value.endswith(ENDINGS)
            and re.fullmatch(r"[a-z][a-z0-9_]*", value)
            and value not in choices(name)
        ):
            wrong.append(f"{name}={value}")
    return wrong


@pytest.mark.parametrize("page", [page for page in PAGES if name_of(page) not in TOO_OLD], ids=name_of)
def test_options_of_the_prose_exist(page: Path):
    assert not {wrong for code in inline_code(page) for wrong in unknown_options(code)}


@pytest.mark.parametrize("wrong", ["data.stereo.dof", "trainer.epochs=3", "uncertainty=gradients", "stricht=true"])
def test_a_wrong_option_is_found(wrong: str):
    assert unknown_options(wrong)
