"""What estimators have learned of a network, as files that go where the network goes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gradunc.models.contract import DepthModel
from gradunc.uncertainty.learned import checksum
from gradunc.uncertainty.learned_file import Origin, read, terms_of


class LearnedFile(NamedTuple):
    """One file."""

    path: Path
    name: str
    """Of the estimator."""
    options: Mapping[str, Mapping[str, Any]]
    """Under which it was learned: those of the estimator first, then of those that it wraps."""
    size: str
    """Of the images, "HxW", or "native" = each its own."""
    origin: Origin | None
    """The data; None = unknown."""

    @property
    def method(self) -> str:
        """Of the estimator."""
        return str(self.options[self.name].get("method"))


def learned_files(folder: Path, model: DepthModel) -> tuple[LearnedFile, ...]:
    """The whole files of a folder that were learned of this network; those of other weights are not listed.

    Raises:
        InputError: a damaged file.
    """
    found = []
    for path in sorted(folder.glob(f"*-{checksum(model):08x}-*.safetensors")):
        terms = terms_of(path)
        kept = read(path)  # also where the terms are damaged: it says so
        if terms is not None and terms.options:
            found.append(LearnedFile(path, next(iter(terms.options)), terms.options, terms.size, kept.origin))
    return tuple(found)
