"""True depth of a frame as a small object that is called in a loading process and reads one file."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gradunc.data.formats.depth_files import read_depth
from gradunc.data.formats.plausibility import INDOOR, check_unit
from gradunc.data.recorded.frames import Depth, Frame
from gradunc.data.recorded.sizes import check_aspect
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
    size: tuple[int, int] | None = None
    """(H,W) of the image, of which the depth must be a map of any resolution; None if that is checked elsewhere."""
    nan_is_unknown: bool = False
    """NaN in .npy and .exr is no error but means "no depth"."""

    def __call__(self) -> Depth:
        """(H,W) [m], 0 where unknown; InputError for a missing or damaged file, a wrong unit or another shape."""
        depth = read_depth(self.path, self.scale, self.unknown, nan_is_unknown=self.nan_is_unknown)
        check_unit(depth, str(self.path), f"{self.key} (units per metre of a PNG, now {self.scale:g})", self.between)
        if self.size is not None:
            check_aspect(f"depth '{self.path}'", (depth.shape[0], depth.shape[1]), "its image", self.size)
        return depth


def check_first(frames: Iterable[Frame], tried: int | None = TRIED) -> None:
    """Read the truth of the first frames, so that a wrong unit shows here and not while training.

    Args:
        frames: in the order in which they are tried.
        tried: how many of them; None = all, for data of which some files may be damaged.

    Raises:
        InputError: that of the first frame, if none of those tried can be read. A single bad file is no reason to stop
            before the first step: what becomes of it is decided by `data.on_error` when its turn comes.
    """
    failed: InputError | None = None
    for frame in islice((frame for frame in frames if frame.has_truth), tried):
        try:
            frame.read_truth()
        except InputError as error:
            failed = failed or error
        else:
            return
    if failed is not None:
        raise failed
