"""Calls of infer.py that do not begin with a verb: which verb fits, and the whole call as it is to be typed."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import fields

from gradunc.commands.verbs import VERBS, owners, program, verb_of
from gradunc.errors import InputError, unknown

OLD_KEYS = {"export": ("export", "to"), "ood": ("ood", "other"), "study": ("study", None)}
"""Key that chose a job before there were verbs -> the verb, and the key that its value belongs to now."""
GRAPHS = (".onnx", ".pt2")
"""What an old `export` wrote; a folder is what `share` writes."""
OLD_FLAGS = {"--list-layers": "layers"}
RENAMED = {
    "trainer.progress": "progress",
    "progress": "trainer.progress",
    "trainer.accelerator": "device",
    "device": "trainer.accelerator",
}
"""Keys that verbs with a section `trainer` and verbs without one call differently."""


def is_old(argument: str, verb: str) -> bool:
    """Whether an argument chose a job before there were verbs, and is no key of the verb."""
    key, equals, _ = argument.partition("=")
    return argument in OLD_FLAGS or (bool(equals) and key in OLD_KEYS and key not in _keys(verb))


def wrong_start(arguments: Sequence[str]) -> InputError:
    """What is to be typed instead of a call whose first argument is no verb, or that has an argument of old calls."""
    first = arguments[0] if arguments else ""
    if first.isidentifier() and first not in VERBS and not os.path.exists(first):
        return unknown("verb", first, VERBS)
    verb = _verb(arguments)
    if verb is not None:
        return InputError(f"say what to do: {_call(verb, _of_verb(verb, arguments))}")
    return InputError(f"say what to do: {_call('VERB', arguments)}, where VERB is {', '.join(VERBS)}; see --help")


def _verb(arguments: Sequence[str]) -> str | None:
    """The verb that fits; None if nothing tells."""
    keys = {argument.partition("=")[0]: argument for argument in arguments if "=" in argument}
    for argument in arguments:
        if argument in OLD_FLAGS:
            return OLD_FLAGS[argument]
    if "hub" in keys or not keys.get("export", GRAPHS[0]).endswith(GRAPHS):
        return "share"
    for key, (verb, _) in OLD_KEYS.items():
        if key in keys:
            return verb
    named = [argument for argument in arguments if argument in VERBS]
    if named:
        return named[0]
    if "source" in keys or any(_is_path(argument) for argument in arguments):
        return "predict"
    return "evaluate" if any(key.partition(".")[0] == "data" for key in keys) else None


def _is_path(argument: str) -> bool:
    """Whether an argument is a bare path of images: it exists, or is written as only paths are."""
    if "=" in argument or argument.startswith("-") or argument.endswith((".yaml", ".yml")):
        return False
    return any(mark in argument for mark in "/*?.") or os.path.exists(argument)


def _of_verb(verb: str, arguments: Sequence[str]) -> list[str]:
    """The arguments with the keys that the verb has for them, without those of other verbs."""
    found: list[str] = []
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if argument in OLD_FLAGS or argument == verb:
            continue
        if not equals:
            found.append(argument)
            continue
        name = _renamed(key, verb)
        # The section tells of a key that no verb has any more, such as trainer.max_epochs.
        if name is not None and not owners(name, verb) and not owners(name.partition(".")[0], verb):
            found += _written(key, name, value)
    return found


def _renamed(key: str, verb: str) -> str | None:
    """What a verb calls a key; None for a key that the verb itself stands for."""
    if key in OLD_KEYS and key not in _keys(verb):
        job, name = OLD_KEYS[key]
        return name if job == verb else None
    return RENAMED[key] if key in RENAMED and owners(key, verb) else key


def _written(key: str, name: str, value: str) -> list[str]:
    """A key under the name that the verb has for it: PyTorch and Lightning name devices differently.

    >>> _written("device", "trainer.accelerator", "cuda:1"), _written("trainer.accelerator", "device", "gpu")
    (['trainer.accelerator=gpu', 'trainer.devices=1,'], ['device=cuda'])
    """
    if (key, name) == ("device", "trainer.accelerator"):
        kind, _, number = value.partition(":")
        return [f"{name}={'gpu' if kind == 'cuda' else kind}", *([f"trainer.devices={number},"] if number else [])]
    if (key, name, value) == ("trainer.accelerator", "device", "gpu"):
        return [f"{name}=cuda"]
    return [f"{name}={value}"]


def _keys(verb: str) -> set[str]:
    return {field.name for field in fields(verb_of(verb).schema)}


def _call(verb: str, arguments: Sequence[str]) -> str:
    return shlex.join([program(), verb, *arguments])
