"""True depth of a frame as a small object that is called in a loading process and reads one file."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gradunc.data.devkits.depth_files import read_depth
from gradunc.data.devkits.plausibility import INDOOR, check_unit
from gradunc.data.frames import Depth, Frame
from gradunc.errors import InputError

TRIED = 3


@dataclass(frozen=True)
class DepthFile:
    """Depth in a file of its own."""

    path: Path
    scale: float
    """Units per metre of a PNG."""
    key: str
    """The option that holds `scale`, for messages."""
    unknown: tuple[int, ...] = (0,)
    """Stored values that mean "no depth"."""
    between: tuple[float, float] = INDOOR
    """Least and most believable mean [m]."""

    def __call__(self) -> Depth:
        """(H,W) [m], 0 where unknown; InputError for a missing or damaged file, or a wrong unit."""
        depth = read_depth(self.path, self.scale, self.unknown)
        return check_unit(depth, str(self.path), f"{self.key} (now {self.scale:g} units per metre)", self.between)


def check_first(frames: Iterable[Frame]) -> None:
    """Read the true depth of the first frames, so that a wrong unit shows here and not while training.

    Raises:
        InputError: that of the first frame, if none of `TRIED` can be read. A single bad file is no reason to stop
            before the first step: what becomes of it is decided by `data.on_error` when its turn comes.
    """
    errors: list[InputError] = []
    for truth in islice((frame.truth for frame in frames if frame.truth is not None), TRIED):
        try:
            truth()
        except InputError as error:
            errors.append(error)
        else:
            return
    if errors:
        raise errors[0]
