"""Which pictures of a video are worth training on: the camera has moved since the last one, and the scene goes on."""

from typing import Literal, NamedTuple

from gradunc.data.formats.motion import Gray, has_moved, is_blank, is_cut


class Verdict(NamedTuple):
    """What is done with a picture."""

    kind: Literal["kept", "static", "blank"]
    sequence: int
    """Number of the scene it belongs to; a new one begins at every cut."""


class Selector:
    """Looks at the pictures of a video one after another.

    A picture is kept when its tiles have shifted by `least` since the last one that was kept (see `formats.motion`), so
    the step in time follows the speed of the camera: a slow one is given time, a fast one loses nothing, and while it
    stands still nothing is kept. Pictures too dark or even to show anything are passed over.

    Args:
        least: median shift, as share of the longer side; 0 keeps all but blank pictures.
        cuts: begin a new sequence where successive pictures show different scenes.
    """

    def __init__(self, least: float, *, cuts: bool = True) -> None:
        self.least, self.cuts = least, cuts
        self.sequence = 0
        self._kept: Gray | None = None
        self._before: Gray | None = None

    def choose(self, gray: Gray) -> Verdict:
        """Judge the next picture, (H,W) in 0..255; another size is another scene."""
        if is_blank(gray):
            return Verdict("blank", self.sequence)
        before, self._before = self._before, gray
        cut = before is not None and (before.shape != gray.shape or (self.cuts and is_cut(before, gray)))
        self.sequence += int(cut)
        if not cut and self.least > 0 and self._kept is not None and not has_moved(self._kept, gray, self.least):
            return Verdict("static", self.sequence)
        self._kept = gray
        return Verdict("kept", self.sequence)

    def go_on(self, kept: Gray, sequence: int) -> None:
        """Continue as if `kept` had just been chosen."""
        self._kept = self._before = kept
        self.sequence = sequence
