"""What a checkpoint or export says of its network beside the weights: the entry `gradunc`, or `config.json`."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from reprlib import repr as short
from typing import Any

from gradunc.errors import InputError
from gradunc.models.checkpoints.typed import is_text, typed
from gradunc.models.contract import DepthModel
from gradunc.models.families.family import settings_class
from gradunc.models.settings import ModelSettings
from gradunc.own_uncertainty import FORMER

SCHEMA = 2
"""Version of the entry; in 1 every network carried the settings of all families."""
READABLE = (1, SCHEMA)
FAMILY_ONLY = frozenset({"encoder", "pretrained", "decoder_channels"})
"""Settings that schema 1 wrote for every network, whether its family has them or not."""


def entry_of(model: DepthModel) -> dict[str, Any]:
    """The entry of a network; plain values."""
    return {"schema": SCHEMA, model.KIND: model.description()}


def check_entry(stored: Any, path: Path) -> dict[str, Any]:
    """The entry, if this version can read it; `InputError` otherwise."""
    if not isinstance(stored, dict):
        raise InputError(f"{path} does not describe a model: it holds a {type(stored).__name__}")
    schema = stored.get("schema")
    if type(schema) is not int or schema not in READABLE:
        raise InputError(f"{path} has schema version {short(schema)}, this gradunc reads 1 and {SCHEMA}")
    return stored


def settings_in(entry: Mapping[str, Any], path: Path) -> ModelSettings:
    """The settings of a network of a family.

    Raises:
        InputError: none in it, some that this version does not know, or values of another type or out of range.
    """
    stored = entry.get("model")
    if not isinstance(stored, dict) or not all(isinstance(key, str) for key in stored):
        raise InputError(f"{path} does not describe a model: its entry 'model' is missing or damaged")
    architecture = stored.get("architecture")
    if not isinstance(architecture, str) or not is_text(architecture):
        raise InputError(f"{path}: its setting architecture={short(architecture)} must be the name of a family")
    try:
        kind = settings_class(architecture)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    known = {field.name for field in fields(kind)}
    dropped = FAMILY_ONLY - known if entry["schema"] == 1 else set()
    left_over = sorted(set(stored) - known - dropped)
    if left_over:
        raise InputError(f"{path}: unknown model settings {left_over}; it was written by a newer gradunc")
    given = {name: value for name, value in stored.items() if name in known}
    if isinstance(head := given.get("uncertainty_head"), bool):
        given["uncertainty_head"] = FORMER[str(head).lower()]
    settings = typed(kind, given, str(path))
    try:
        settings.check()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return settings
