"""Samples whose files cannot be read are handed over beside those that can, so that one place decides about them."""

import errno
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import Dataset

from gradunc.data.loading.collate import collate
from gradunc.data.loading.report import Failure
from gradunc.errors import InputError
from gradunc.types import Sample

_OF_THE_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC)
"""What says nothing about the file: too many open files, no memory, no space."""


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
