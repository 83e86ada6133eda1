"""Images of a source, whatever it is: read one after another, each with a name for its results."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from numbers import Integral
from pathlib import Path
from typing import NamedTuple, Protocol, Self, runtime_checkable

from torch import Tensor

from gradunc.errors import InputError


@runtime_checkable
class InputImage(Protocol):
    """One image that has not been read yet."""

    @property
    def name(self) -> str:
        """What its results are called: relative, with "/"."""
        ...

    @property
    def label(self) -> str:
        """What messages call it."""
        ...

    def read(self) -> Tensor:
        """(3,H,W) float32 in [0,1], upright.

        Raises:
            InputError: it cannot be read.
        """
        ...

    def identity(self) -> str:
        """A checksum of what is read; "" for what cannot be read."""
        ...


@runtime_checkable
class TimedImage(InputImage, Protocol):
    """One of a stream that says when it was taken."""

    @property
    def time(self) -> float | None:
        """[s] since any moment that all images of the stream share; None if it is unknown."""
        ...


@dataclass(frozen=True)
class InputImages:
    """The images of one source, in order."""

    images: Iterable[InputImage]
    """A sequence where all of them are known beforehand; otherwise read from the beginning at every iteration."""
    files: tuple[Path, ...] = ()
    """Where they lie; no result may take such a place."""
    total: int | None = None
    """How many there are, as far as that is known."""
    notes: tuple[str, ...] = ()
    """A line for each kind of file that was found and is no image."""
    stream: str | None = None
    """The names of all images begin with this and "/"; None where all images are known beforehand."""
    endless: bool = False
    """They come until somebody ends it."""
    live: bool = False
    """They cannot be read again: a second iteration has other images."""
    rate: float | None = None
    """How many come in a second; None = they have no times, or nobody knows."""

    def __iter__(self) -> Iterator[InputImage]:
        return iter(self.images)

    @property
    def film(self) -> Path | None:
        """The file that all of them are pictures of; None if there is none."""
        return self.files[0] if self.stream is not None and self.files else None

    def some(self, every: int = 1, limit: int | None = None) -> Self:
        """Every n-th of these images, the first one among them, and at most `limit`.

        Raises:
            InputError: a number that is not whole or below 1.
        """
        for name, count in (("every", every), ("limit", limit)):
            if count is not None and (not isinstance(count, Integral) or count < 1):
                raise InputError(f"{name}={count!r} must be a whole number, at least 1")
        if every == 1 and limit is None:
            return self
        stop = None if limit is None else every * limit
        total = self.total if stop is None else stop if self.total is None else min(stop, self.total)
        count = None if total is None else -(-total // every)
        rate = None if self.rate is None else self.rate / every
        if isinstance(self.images, Sequence):
            return replace(self, images=self.images[:stop:every], total=count)
        return replace(
            self,
            images=Stream(lambda: islice(iter(self.images), 0, stop, every)),
            total=count,
            endless=self.endless and limit is None,
            rate=rate,
        )


@dataclass(frozen=True)
class Stream:
    """Images that come one by one; each iteration opens their source anew."""

    opened: Callable[[], Iterator[InputImage]]

    def __iter__(self) -> Iterator[InputImage]:
        return self.opened()


class Kind(NamedTuple):
    """One kind of source."""

    title: str
    """What it is for users, in capitals: FOLDER."""
    takes: Callable[[str], bool]
    """Whether a source is of this kind; opens no file."""
    images: Callable[[str], InputImages]
    """Its images; InputError if there are none."""
