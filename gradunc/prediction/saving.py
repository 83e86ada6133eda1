"""A prediction as files, and the summary of the folder that it is saved to."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradunc.errors import InputError, shown
from gradunc.names import name_problem
from gradunc.prediction.files import SUMMARY, drawing, result_files, summary_of, write_facts, write_maps

if TYPE_CHECKING:
    from gradunc.prediction.prediction import Prediction


def save_prediction(prediction: "Prediction", folder: Path, name: str | None, reject: float) -> list[Path]:
    """See `Prediction.save`."""
    folder = folder.expanduser()
    names = _names(prediction, name)
    estimators = list(prediction.maps[0].uncertainty)
    summary = _summary(prediction, folder, names)
    written: list[Path] = []
    for one, image, maps in zip(names, prediction.source.images, prediction.maps, strict=True):
        files = result_files(folder, one, estimators)
        record = {"pixels": maps.depth.size, "not_finite": maps.not_finite()}
        write_maps(files, drawing(one, image, maps, prediction.space, reject), maps, record)
        written += files
    write_facts(folder / SUMMARY, summary)
    return written


def _names(prediction: "Prediction", name: str | None) -> list[str]:
    if name is None:
        return prediction.source.names
    if problem := name_problem(name):
        raise InputError(f"name='{shown(name, 60)}' {problem}")
    count = len(prediction.maps)
    return [f"{name}-{place}" for place in range(count)] if prediction.source.is_batch else [name]


def _summary(prediction: "Prediction", folder: Path, names: list[str]) -> dict[str, Any]:
    """What the folder's summary says from now on: of the images that are there already, too."""
    scale, estimators = prediction.scale, list(prediction.maps[0].uncertainty)
    shared = summary_of(
        prediction.said,
        prediction.space,
        dict.fromkeys(estimators, str(scale)),
        prediction.size,
        dict.fromkeys(estimators, prediction.settings),
        prediction.mirrored,
    )
    shared = json.loads(json.dumps(shared, default=str))
    there = _stored(folder / SUMMARY)
    if there and {key: there.get(key) for key in shared} != shared:
        raise InputError(
            f"'{folder}' holds results of another network or of other settings, see its {SUMMARY}; give another folder"
        )
    counts = {name: maps.not_finite() for name, maps in zip(names, prediction.maps, strict=True)}
    broken = {name: {key: n for key, n in one.items() if n} for name, one in counts.items() if any(one.values())}
    known = {name: one for name, one in there.get("not_finite", {}).items() if name not in names}
    return {
        **shared,
        "images": list(dict.fromkeys([*there.get("images", []), *names])),
        "failed": [one for one in there.get("failed", []) if one.get("image") not in names],
        "not_finite": {**known, **broken},
    }


def _stored(path: Path) -> dict[str, Any]:
    """The summary that is there; empty without a readable one."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
