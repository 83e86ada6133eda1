"""What loggers are told of the run that they log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class RunInput:
    """What a run was made from."""

    kind: Literal["dataset", "model"]
    name: str
    """Short, of letters, digits, `-`, `_` and `.`."""
    facts: Mapping[str, Any]
    """What tells it from others: a fingerprint, numbers of samples; plain values."""


@dataclass(frozen=True)
class RunInfo:
    """One call of a command."""

    folder: Path
    """Where the run keeps its files."""
    title: str = ""
    """Model, data and objective, for people."""
    job: str = "train"
    """What is done."""
    group: str | None = None
    """Of runs that belong together."""
    resumable: bool = False
    """Whether a later call may go on with this run, and is the same run then."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The resolved configuration as plain values."""
    inputs: Callable[[], Sequence[RunInput]] = tuple
    """What it was made from; asked for only by loggers that show it, since files are read."""
