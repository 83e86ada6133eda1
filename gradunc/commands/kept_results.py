"""Which results of an earlier call `infer.py predict` keeps: those of the same image, network and settings."""

import hashlib
import json
import warnings
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from gradunc.config.verbs.predict import PredictConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.models.adapters.huggingface.hub import hub_name
from gradunc.models.sample import sample_folder
from gradunc.prediction.files import RECORD, RECORD_FILE, both_endings
from gradunc.prediction.network import InputSize, said_size
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.descriptions import description_of
from gradunc.uncertainty.learned import checksum

SETTINGS = ".settings.json"
"""In `output`: what its results were made with, for the message to somebody who changes it."""

WORDS = {"members": "members of", "learned": "values learned by", "decisions": "decisions of"}
"""What differs in an estimator, for people."""


def settings_of(
    config: PredictConfig,
    model: DepthModel,
    estimators: Mapping[str, UncertaintyEstimator],
    size: InputSize,
) -> dict[str, Any]:
    """All that decides what the maps and the panel of an image are."""
    assert config.checkpoint is not None, "checked when it was loaded"
    described = json.dumps(model.description(), sort_keys=True, default=str)
    # What options leave open: the weights of the members that a manifest names, what was learned.
    made = {name: description_of(one) for name, one in estimators.items()}
    return {
        "checkpoint": _place(config.checkpoint),
        "network": f"{checksum(model):08x}-{zlib.crc32(described.encode()):08x}",
        "size": said_size(size),
        "mirrored": config.mirrored,
        "head": model.description().get("head"),
        # The chunk does not change the result.
        "uncertainty": {name: asdict(settings) | {"chunk": None} for name, settings in config.uncertainty.items()},
        "estimators": json.loads(json.dumps(made, sort_keys=True, default=str)),
        "reject": config.reject,
    }


def _place(checkpoint: str) -> str:
    """The same text for the same network: an absolute path, or its name on the hub or in the package."""
    named = hub_name(checkpoint) or sample_folder(checkpoint) is not None
    return checkpoint if named else str(Path(checkpoint).expanduser().resolve())


def identity(settings: Mapping[str, Any]) -> str:
    """A checksum of settings; the same network may lie anywhere."""
    decisive = {key: value for key, value in settings.items() if key != "checkpoint"}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()


def settings_in(output: Path) -> dict[str, Any] | None:
    """What the results in a folder were made with; None if nobody knows."""
    file = output / SETTINGS
    try:
        stored = json.loads(file.read_text()) if file.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    return stored if isinstance(stored, dict) else None


def record_in(last: Path) -> dict[str, Any]:
    """What a panel or a record says of the results of its image; nothing if there is none, or none of ours."""
    try:
        if not last.is_file():
            return {}
        stored = json.loads(last.read_text() if last.name.endswith(RECORD_FILE) else _text_of(last))
    except (OSError, ValueError, SyntaxError, RecursionError, Image.DecompressionBombError):
        return {}
    known = isinstance(stored, dict) and isinstance(stored.get("not_finite"), dict)
    return stored if known and isinstance(stored.get("pixels"), int) else {}


def found_results(files: Sequence[Path], *, panels: bool) -> tuple[dict[str, Any], list[Path]]:
    """What is said of the results of an image that are there, and the files that it is said of.

    Args:
        files: of the image, see `Job.files`.
        panels: False = none is asked for; one of an earlier call is as good as a record.
    """
    if not files:
        return {}, []
    *maps, last = files
    lasts = [last] if panels else [last, both_endings(last)[0]]
    found = [(record, [*maps, one]) for one in lasts if (record := record_in(one))]
    return found[0] if found else ({}, list(files))


def _text_of(panel: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # only the header is read
        with Image.open(panel, formats=("PNG",)) as image:
            return str(image.info.get(RECORD, "{}"))


def check_same_settings(output: Path, settings: Mapping[str, Any], results: Iterable[Sequence[Path]]) -> None:
    """Raise `InputError` if results would be replaced that other settings have made; it names the change.

    Results whose panel does not say what made them are taken for such.

    Args:
        output: folder of the results.
        settings: of this call.
        results: files of each image, there or not; the panel last.
    """
    stored, now = settings_in(output), identity(settings)
    # What a call with these settings has begun to replace, it may go on replacing.
    if stored is None or identity(stored) == now:
        return
    there = (files[-1] for files in results if any(file.is_file() for file in files))
    if all(record_in(panel).get("settings") == now for panel in there):
        return
    changes = ", ".join(_changes(stored, dict(settings))) or "other settings"
    raise InputError(
        f"the results in output='{output}' were made with {changes}; set output=DIR, or overwrite=true to replace them"
    )


def _changes(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """What differs, in its old state; of mappings with other names only the names."""
    changes: list[str] = []
    for key in before.keys() & now.keys():
        if prefix + key == "estimators":
            changes += _made_otherwise(before, now)
            continue
        old, new = before[key], now[key]
        if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
            changes += _changes(old, new, f"{prefix}{key}.")
        elif old != new and prefix + key == "network":
            same = before.get("checkpoint") == now.get("checkpoint")
            changes += [f"other weights in checkpoint={before.get('checkpoint')}"] if same else []
        elif old != new:
            changes.append(f"{prefix}{key}={(','.join(old) or 'none') if isinstance(old, dict) else old}")
    return sorted(changes)


def _made_otherwise(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs in estimators whose options are the same."""
    same = before.get("uncertainty") == now.get("uncertainty")
    changes: list[str] = []
    for name in now["estimators"] if same else ():
        old, new = before["estimators"].get(name, {}), now["estimators"][name]
        parts = [key for key in ("members", "learned") if old.get(key) != new.get(key)]
        if parts or old != new:
            changes += [f"other {WORDS[part]} uncertainty.{name}" for part in parts or ["decisions"]]
    return changes
