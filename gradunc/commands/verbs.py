"""The verbs of infer.py by name. A new one is a file in `config/verbs/`, a file here, and one line below."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradunc.config.keys import could_hold
from gradunc.config.verbs.verb import Verb
from gradunc.imports import imported
from gradunc.registry import Entry

VERBS: dict[str, Entry] = {
    "predict": Entry("gradunc.config.verbs.predict:PREDICT", "gradunc.commands.predict:predict"),
    "evaluate": Entry("gradunc.config.verbs.evaluate:EVALUATE", "gradunc.commands.evaluate:evaluate"),
    "benchmark": Entry("gradunc.config.verbs.benchmark:BENCHMARK", "gradunc.commands.benchmark:benchmark"),
    "fit": Entry("gradunc.config.verbs.fit:FIT", "gradunc.commands.fit:fit"),
    "study": Entry("gradunc.config.verbs.study:STUDY", "gradunc.commands.study:study"),
    "ood": Entry("gradunc.config.verbs.ood:OOD", "gradunc.commands.ood:ood"),
    "layers": Entry("gradunc.config.verbs.layers:LAYERS", "gradunc.commands.layers:layers"),
    "export": Entry("gradunc.config.verbs.export:EXPORT", "gradunc.commands.export:export"),
    "share": Entry("gradunc.config.verbs.share:SHARE", "gradunc.commands.share:share"),
}
"""Verb -> its `Verb`, which needs no torch, and its command: configuration -> exit code."""


def verb_of(name: str) -> Verb:
    """What the command line must know of a verb."""
    return imported(VERBS[name].settings)


def command_of(name: str) -> Callable[[Any], int]:
    """What a verb does with its configuration."""
    return imported(VERBS[name].implementation)


def program() -> str:
    """The command as it is typed."""
    return "gradunc-infer" if Path(sys.argv[0]).stem == "gradunc-infer" else "infer.py"


def owners(key: str, name: str) -> list[str]:
    """The other verbs that a dotted key belongs to; none if it belongs to the verb `name` itself, or to nobody.

    >>> owners("evaluation.crop", "predict"), owners("size", "predict"), owners("trainer.max_epochs", "predict")
    (['evaluate', 'benchmark', 'study'], [], [])
    """
    if could_hold(verb_of(name).schema, key):
        return []
    return [other for other in VERBS if could_hold(verb_of(other).schema, key)]
