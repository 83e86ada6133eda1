"""What `infer.py predict skip_existing=true` may keep: results that the same network and settings have made."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gradunc.config.verbs.predict import PredictConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel

SETTINGS = ".settings.json"
"""In `output`, older than every result that was made with them."""


def settings_of(config: PredictConfig, model: DepthModel, size: tuple[int, int] | None) -> dict[str, Any]:
    """All that decides what the maps of an image are."""
    assert config.checkpoint is not None, "checked when it was loaded"
    # The chunk does not change the result.
    estimators = {name: asdict(settings) | {"chunk": None} for name, settings in config.uncertainty.items()}
    return {
        "checkpoint": str(Path(config.checkpoint).expanduser().resolve()),
        "size": "native" if size is None else list(size),
        "head": model.description().get("head"),
        "uncertainty": estimators,
    }


def start_of_results(output: Path, settings: dict[str, Any]) -> int | None:
    """Since when [ns] `output` has been filled with these settings; None if nobody knows.

    Raises:
        InputError: it has been filled with others.
    """
    file = output / SETTINGS
    try:
        stored = json.loads(file.read_text())
        start = file.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    if not isinstance(stored, dict) or stored == settings:
        return start if stored == settings else None
    changes = ", ".join(_changes(stored, settings))
    raise InputError(
        f"skip_existing=true, but the results in output='{output}' were made with {changes}; "
        "set output=DIR, or skip_existing=false to replace them"
    )


def _changes(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """What differs, in its old state; of mappings with other names only the names."""
    changes: list[str] = []
    for key in before.keys() | now.keys():
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
            changes += _changes(old, new, f"{prefix}{key}.")
        elif old != new:
            changes.append(f"{prefix}{key}={(','.join(old) or 'none') if isinstance(old, dict) else old}")
    return sorted(changes)


def is_newer(file: Path, start: int) -> bool:
    """Whether a result was written since; an older one was left by a run with other settings."""
    try:
        return file.stat().st_mtime_ns >= start
    except OSError:
        return False
