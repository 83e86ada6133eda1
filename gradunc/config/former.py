"""Names that keys had in earlier versions: configurations of old runs are read, what is typed is told the new name."""

from collections.abc import Mapping
from typing import Any

from gradunc.errors import InputError

FORMER = {
    "trainer.accumulate": "trainer.accumulate_grad_batches",
    "trainer.gradient_clip": "trainer.gradient_clip_val",
    "trainer.val_every": "trainer.check_val_every_n_epoch",
    "trainer.log_every": "trainer.log_every_n_steps",
}
"""Former dotted name of a key -> its name now; both of a section and a field."""


def with_names_of_now(content: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration, or a part of one, in which every former name is replaced.

    Raises:
        InputError: a key stands there under both of its names.

    >>> with_names_of_now({"trainer": {"val_every": 2, "max_epochs": 3}, "seed": 1})
    {'trainer': {'check_val_every_n_epoch': 2, 'max_epochs': 3}, 'seed': 1}
    """
    return {section: _section(section, own) for section, own in content.items()}


def _section(name: str, content: Any) -> Any:
    if not isinstance(content, Mapping):
        return content
    found: dict[str, Any] = {}
    for key, value in content.items():
        now = FORMER[f"{name}.{key}"].removeprefix(f"{name}.") if f"{name}.{key}" in FORMER else key
        if now != key and now in content:
            raise InputError(f"{name}.{key} is now {name}.{now}, which is there, too; keep that one")
        found[now] = value
    return found
