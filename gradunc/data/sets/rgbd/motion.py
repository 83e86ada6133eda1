"""Motion between the images of a recording, some of whose poses may be unknown."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from gradunc.data.formats.poses import Matrix, UnknownPose, relative_pose
from gradunc.data.remarks import Note, notes
from gradunc.data.sets.rgbd.files import Recording
from gradunc.errors import InputError


class KnownMotion:
    """Reads each pose of a recording once.

    A pose that is missing between others, or NaN because the recording lost track, leaves the motion from and to its
    image unknown; one that is no motion at all is a mistake in the file.

    Args:
        recording: whose poses are asked for.
        strict: a pose that is no rigid motion is an error; False counts it among the unknown ones.
    """

    def __init__(self, recording: Recording, *, strict: bool = True) -> None:
        self.recording, self.strict = recording, strict
        self._poses: dict[int, Matrix | None] = {}
        self._failed: InputError | None = None

    @property
    def counts(self) -> tuple[int, int]:
        """How many of the poses asked for are unknown, and how many were asked for."""
        return sum(pose is None for pose in self._poses.values()), len(self._poses)

    @property
    def unknown(self) -> list[Path]:
        """The images whose pose was asked for and is unknown."""
        return [self.recording.images[position] for position, pose in self._poses.items() if pose is None]

    def between(self, target: int, sources: Sequence[int]) -> Matrix:
        """(N,4,4) target to sources [m], NaN where unknown; InputError for what is no rigid motion, if strict."""
        origin, others = self._pose(target), [self._pose(source) for source in sources]
        unknown = np.full((4, 4), np.nan)
        return np.stack(
            [unknown if origin is None or other is None else relative_pose(origin, other) for other in others]
        )

    def check(self) -> None:
        """InputError if not one of the poses asked for is known."""
        unknown, asked = self.counts
        if unknown == asked and self._failed is not None:
            raise _with_hint(self._failed) from self._failed

    def _pose(self, position: int) -> Matrix | None:
        if position not in self._poses:
            try:
                self._poses[position] = self.recording.pose(position)
            except InputError as error:
                if self.strict and not isinstance(error, UnknownPose):
                    raise _with_hint(error) from error
                self._failed = self._failed or error
                self._poses[position] = None
        return self._poses[position]


def unknown_motion(motions: Iterable[KnownMotion]) -> list[Note]:
    """One note on the poses of all recordings that are unknown; none if all are known."""
    each = list(motions)
    asked = sum(motion.counts[1] for motion in each)
    return notes(
        f"of {asked} poses, missing or NaN ones leave the motion from and to their images unknown",
        [str(image) for motion in each for image in motion.unknown],
    )


def _with_hint(error: InputError) -> InputError:
    return InputError(f"{error}; without known motion set data.rgbd.poses=false")
