"""What tells the data of a run from other data: its options, and number and names of its samples."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gradunc.config.mixture import mixture_parts
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.mixture import Mixture
from gradunc.data.sets import MIXTURE
from gradunc.data.settings import DataSettings
from gradunc.loggers.run_info import RunInput
from gradunc.types import SPLITS, Split


def data_input(settings: DataSettings, data: DepthData) -> RunInput:
    """The fingerprint of a data set: its own options, and number and names of the samples of each split.

    Not the content of the files: reading all of them takes as long as an epoch. The folders do not count.
    """
    name = settings.name or "data"
    splits = {split: data.split(split) for split in SPLITS}
    names = {split: _names(found, settings) for split, found in splits.items()}
    fingerprint = _hash([_options(settings), names])
    counts = {split: len(found) for split, found in splits.items()}
    return RunInput("dataset", f"data-{name}", {"fingerprint": fingerprint, **counts, "root": _root(settings)})


def split_fingerprint(settings: DataSettings, split: Split, data: Any) -> str:
    """As `data_input`, of one split: options that are named after another one (`test_scenes`) do not count.

    Args:
        settings: of the data set.
        split: which part.
        data: the samples of the split.
    """
    others = tuple(f"{one}_" for one in SPLITS if one != split)
    return _hash([split, _without_names(_options(settings), others), _names(data, settings)])


def _hash(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _without_names(values: Any, beginnings: tuple[str, ...]) -> Any:
    """Plain values without the keys that begin so, at any depth."""
    if isinstance(values, dict):
        return {key: _without_names(one, beginnings) for key, one in values.items() if not key.startswith(beginnings)}
    return [_without_names(one, beginnings) for one in values] if isinstance(values, list) else values


def _root(settings: DataSettings) -> Any:
    """Where the data lie; label -> place for the parts of a mixture."""
    if settings.name != MIXTURE:
        return settings.root
    return {label: part.settings.root for label, part in mixture_parts(settings).items()}


def _options(settings: DataSettings) -> list[Any]:
    """All that decides the samples but the place of the files."""
    if settings.name != MIXTURE:
        return [settings.name, asdict(getattr(settings, settings.name or "")), asdict(settings.division)]
    parts = mixture_parts(settings)
    return [{label: [part.weight, part.evaluate, *_options(part.settings)] for label, part in parts.items()}]


def _names(data: Any, settings: DataSettings) -> Any:
    """Of the samples, below the folder of the data; label -> names for the parts of a mixture."""
    if isinstance(data, Mixture):
        parts = mixture_parts(settings)
        return {label: _names(one, parts[label].settings) for label, one in data.parts.items()}
    places = [_below(settings.root), _below(settings.cache)]
    name = getattr(data, "name", str)
    return [_without(name(index), places) for index in range(len(data))]


def _below(folder: str | None) -> str:
    """What the names of files in a folder begin with."""
    return os.path.join(Path(folder).expanduser(), "") if folder else ""


def _without(name: str, places: Sequence[str]) -> str:
    """A name without the first of the places that it lies in."""
    place = next((one for one in places if one and name.startswith(one)), "")
    return name.removeprefix(place)
