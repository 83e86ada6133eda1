"""The result of an earlier evaluation or benchmark, read back from its JSON file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradunc.errors import InputError
from gradunc.results.result import Row
from gradunc.text_files import read_json

METRICS, BENCHMARK = "metrics.json", "benchmark.json"
LARGEST = 2**24
"""Bytes; that of a benchmark of all methods has about 50 kB."""
NETWORK = "model"
"""The row of the network in the table of depth errors; the others are baselines."""
TRIVIAL = "trivial_"
"""How the names of trivial scores begin."""


@dataclass(frozen=True)
class StoredResult:
    """What `evaluate`, `benchmark` or the test at the end of a training has left."""

    path: Path
    protocol: str
    """Alignment, range and crop in one line."""
    images: int
    units: str
    """What intervals are over, "50 scenes"; "" = not known, or too few for intervals."""
    depth: Mapping[str, Row]
    """`NETWORK` and baselines -> errors, with ends of intervals."""
    uncertainty: Mapping[str, Row]
    """Estimator or trivial score -> AUSE, AURG, cost, scale, and whatever else was measured."""
    judged: Mapping[str, Any]
    """Of `assembly/judged.py`; {} in results of versions that did not say it."""

    @property
    def weights(self) -> str | None:
        """The checksum of the network's weights."""
        return _text(self.judged.get("weights"))

    @property
    def data(self) -> str | None:
        """Name of the data set."""
        return _text(self.judged.get("data"))

    @property
    def size(self) -> str | None:
        """At which the network saw the images, "HxW"."""
        return _text(self.judged.get("size"))

    @property
    def estimators(self) -> tuple[str, ...]:
        """Names of the estimators that were judged, without the trivial scores beside them."""
        return tuple(name for name in self.uncertainty if not name.startswith(TRIVIAL))

    def options(self, estimator: str) -> Mapping[str, Any]:
        """The options of an estimator; {} = not known."""
        return _mapping(_mapping(self.judged.get("estimators")).get(estimator))


def find_result(folder: Path) -> Path | None:
    """The JSON file of a result in a folder; None if there is none."""
    return next((path for path in (folder / METRICS, folder / BENCHMARK) if path.is_file()), None)


def read_result(folder: Path) -> StoredResult:
    """The result that a folder holds.

    Raises:
        InputError: no result, one of several networks, or a damaged file.
    """
    path = folder if folder.is_file() else find_result(folder)
    if path is None:
        inside = min((one.parent for one in folder.glob(f"*/{BENCHMARK}")), default=None)
        instead = f"; give one of its networks, as '{inside}'" if inside is not None else ""
        raise InputError(
            f"'{folder}' holds no {METRICS} and no {BENCHMARK}, as infer.py evaluate and benchmark write them{instead}"
        )
    content = read_json(path, "result", LARGEST)
    try:
        return _result(path, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"'{path}' is no result of infer.py evaluate or benchmark, or is damaged ({error!r})"
        ) from error


def _result(path: Path, content: Any) -> StoredResult:
    intervals = _mapping(content.get("intervals"))
    units, unit = int(intervals.get("units", 0)), str(intervals.get("unit", ""))
    depth = content["depth"]
    if not isinstance(depth.get(NETWORK), dict):  # a benchmark has no baselines, and no names
        depth = {NETWORK: depth}
    return StoredResult(
        path,
        str(content["protocol"]),
        int(content["images"]),
        f"{units} {unit}{'s' * (units != 1)}" if units and unit else "",
        _rows(depth),
        _rows(content.get("uncertainty", content.get("benchmark", {}))),
        _mapping(content.get("judged")),
    )


def _rows(content: Any) -> dict[str, Row]:
    return {str(name): {str(key): _value(value) for key, value in row.items()} for name, row in content.items()}


def _value(value: Any) -> float | str | None:
    """A number that does not exist is null in JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a {type(value).__name__} in the place of a number")
    return float(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
