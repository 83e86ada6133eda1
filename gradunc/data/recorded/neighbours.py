"""Neighbours in time: what an image needs, and the error where no image has them."""

from gradunc.errors import InputError
from gradunc.types import FrameIds


class NoNeighbours(InputError):
    """Source views were asked for that no image has; alone the images may be of use."""


def least_length(frames: FrameIds) -> int:
    """Successive images of which one has all its neighbours in time; 0 if none are asked for.

    >>> least_length((-1, 1)), least_length((2,)), least_length(("s",))
    (3, 3, 0)
    """
    steps = [frame for frame in frames if isinstance(frame, int)]
    return max(0, *steps) - min(0, *steps) + 1 if steps else 0
