"""How many images a second: of the network alone, and with all that is done beside it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Speed:
    """A clock of the images of one call. The first images, which wait for imports and compilations, do not count."""

    def __init__(self) -> None:
        self._mark = time.perf_counter()
        self._sums = {"whole": [0.0, 0], "network": [0.0, 0]}
        self._warm = {"whole": False, "network": False}

    def lap(self, made: int) -> None:
        """So many images are made that were worked on since the last lap."""
        before, self._mark = self._mark, time.perf_counter()
        self._add("whole", self._mark - before, made)

    def skip(self) -> None:
        """Nothing was made since the last lap: a result that is kept costs nothing."""
        self._mark = time.perf_counter()

    @contextmanager
    def network(self, count: int) -> Iterator[None]:
        """The network is at work, on so many images."""
        begin = time.perf_counter()
        yield
        self._add("network", time.perf_counter() - begin, count)

    def rate(self, what: str) -> float | None:
        """Images a second of "whole" or "network"; None if there was one image at most."""
        seconds, count = self._sums[what]
        return count / seconds if count and seconds > 0 else None

    def line(self) -> str:
        """What the command says of it; "" if there was one image at most."""
        whole, network = self.rate("whole"), self.rate("network")
        if whole is None or network is None:
            return ""
        return (
            f"speed: {whole:.3g} images/s with reading, drawing and writing; network and uncertainty alone "
            f"{network:.3g} images/s (without the first)"
        )

    def _add(self, what: str, seconds: float, count: int) -> None:
        if not self._warm[what]:
            self._warm[what] = True
            return
        self._sums[what][0] += seconds
        self._sums[what][1] += count
