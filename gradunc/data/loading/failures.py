"""Samples whose files cannot be read: raised, or left out and reported at the end."""

import errno
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from torch.utils.data import Dataset

from gradunc.data.loading.collate import collate
from gradunc.errors import InputError
from gradunc.types import Sample

Policy = Literal["raise", "skip"]

SHOWN = 5
"""Failures that the closing lines name."""

_OF_THE_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC)
"""What says nothing about the file: too many open files, no memory, no space."""


@dataclass(frozen=True)
class Failure:
    """A sample that could not be read."""

    index: int
    """Its position in the data set, however often it was asked for."""
    name: str
    reason: str


class Delivery(NamedTuple):
    """What a loading process hands over: a sample or batch, None if nothing of it could be read, and what failed."""

    content: Sample | None
    failures: list[Failure]


class Checked(Dataset[Delivery]):
    """A data set that hands failures over instead of raising them, so that all processes report to one place.

    Args:
        data: raises `InputError` or `OSError` for a sample that cannot be read. Its `alternatives`, if it has them, say
            which samples may stand for one, the best first; otherwise all do, in an order of chance.
        substitute: deliver another sample in its place, always the same one: training keeps its batch sizes and stays
            reproducible. Without it the sample is dropped, so that an evaluation counts nothing twice.
    """

    def __init__(self, data: Any, *, substitute: bool) -> None:
        self.data, self.substitute = data, substitute

    def __len__(self) -> int:
        """As the data set."""
        return len(self.data)

    def __getitem__(self, index: int) -> Delivery:
        """The sample, or a substitute, or None; None with `substitute` means that none at all can be read.

        Raises:
            InputError: the machine, not the file, is at fault.
        """
        first = self._read(index)
        if first.content is not None or not self.substitute:
            return first
        failures = list(first.failures)
        position = index % len(self)
        for other in self._alternatives(position):
            if other != position:
                # With the number of its repetition, see `Mixture`.
                sample, failed = self._read(other + index - position)
                failures += failed
                if sample is not None:
                    return Delivery(sample, failures)
        return Delivery(None, failures)

    def _alternatives(self, position: int) -> Iterable[int]:
        if hasattr(self.data, "alternatives"):
            return self.data.alternatives(position)
        return shuffled(position, 0, len(self))

    def _read(self, index: int) -> Delivery:
        try:
            return Delivery(self.data[index], [])
        except (InputError, OSError) as error:
            if _is_of_the_machine(error):
                raise InputError(f"{_reason(error)}; lower data.workers, or raise the limit (ulimit)") from error
            name = getattr(self.data, "name", str)
            position = index % len(self)
            return Delivery(None, [Failure(position, name(position), _reason(error))])


def shuffled(seed: int, start: int, stop: int) -> list[int]:
    """Samples to stand for a damaged one.

    At random, since the neighbours of a damaged file are often damaged too: one good sample would stand for all.
    """
    return (start + np.random.default_rng(seed).permutation(stop - start)).tolist()


def collate_checked(deliveries: Sequence[Delivery]) -> Delivery:
    """A batch of what could be read."""
    samples = [content for content, _ in deliveries if content is not None]
    failures = [failure for _, failed in deliveries for failure in failed]
    return Delivery(collate(samples) if samples else None, failures)


class LoadingReport:
    """What of each split could not be read.

    Args:
        policy: "raise" ends the run at the first failure, "skip" goes on.

    Attributes:
        found: split -> index -> failure, of this process until `merge` adds the others'.
        delivered: split -> samples of its present pass that could be read.
    """

    def __init__(self, policy: Policy = "raise") -> None:
        self.policy = policy
        self.found: dict[str, dict[int, Failure]] = {}
        self.delivered: dict[str, int] = {}
        self._sizes: dict[str, int] = {}

    def begin(self, split: str, size: int) -> None:
        """A pass over a split of so many samples."""
        self.delivered[split] = 0
        self._sizes[split] = size

    def add(self, split: str, failures: Sequence[Failure]) -> None:
        """Keep failures; InputError for the first one under the policy "raise"."""
        if failures and self.policy == "raise":
            raise InputError(f"{failures[0].reason} (data.on_error=skip leaves out what cannot be read)")
        self.found.setdefault(split, {}).update({failure.index: failure for failure in failures})

    def merge(self, found: Mapping[str, Mapping[int, Failure]]) -> None:
        """Add what another process has found."""
        for split, failures in found.items():
            self.found.setdefault(split, {}).update(failures)

    def count(self, split: str) -> int:
        """Different samples of a split that could not be read."""
        return len(self.found.get(split, {}))

    def nothing_left(self, split: str) -> InputError:
        """The error for a split of which nothing can be read."""
        failures = list(self.found[split].values())
        return InputError(
            f"none of the {len(failures)} samples of the {split} split that were asked for can be read; "
            f"the first: {failures[0].reason}"
        )

    def content(self) -> dict[str, Any]:
        """For a JSON file: split -> how many of how many, and each with its reason, in the order of the set."""
        return {
            split: {
                "skipped": len(failures),
                "samples": self._sizes.get(split),
                "files": [asdict(failures[index]) for index in sorted(failures)],
            }
            for split, failures in self.found.items()
            if failures
        }

    def lines(self) -> list[str]:
        """For the end of a run: one line on the whole, then the first failures; none if all could be read."""
        content = self.content()
        if not content:
            return []
        counts = ", ".join(f"{one['skipped']} of {one['samples']} {split}" for split, one in content.items())
        reasons = list(dict.fromkeys(file["reason"] for one in content.values() for file in one["files"]))
        more = [f"  and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
        return [f"skipped samples that cannot be read: {counts}", *(f"  {text}" for text in reasons[:SHOWN]), *more]


def _reason(error: BaseException) -> str:
    """The message in one line; of an error of the system also the file."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot read '{error.filename}': {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _is_of_the_machine(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            return True
        error = error.__cause__
    return False
