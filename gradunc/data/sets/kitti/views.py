"""Images of KITTI by drive, frame and side: split lines, neighbours, files; for raw and odometry alike."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gradunc.data.formats.kitti import OTHER_SIDE, Side
from gradunc.data.formats.kitti_files import is_number
from gradunc.data.recorded.frames import ImageFile
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.remarks import Note, notes
from gradunc.errors import InputError
from gradunc.text_files import excerpt, listed_path
from gradunc.types import STEREO, FrameIds, Size


class View(NamedTuple):
    """One image of the recordings."""

    drive: str
    """`date/drive` of KITTI raw, `00` to `21` of KITTI odometry."""
    frame: int
    side: Side

    def neighbour(self, frame: int | str) -> "View":
        """What a frame id asks for: the other camera for "s", else the same camera so many frames later."""
        if isinstance(frame, int):
            return self._replace(frame=self.frame + frame)
        return self._replace(side=OTHER_SIDE[self.side])


class ViewFiles:
    """Finds targets and their sources; lists each folder once, as asking file by file is slow on a network.

    Args:
        listing: drive, side -> frame id -> image file.
        path: drive, side, frame -> where the official image lies, for messages.
        frames: ids of the sources.
        strict: a line that asks for a missing image is an error; False leaves that to the reading of the image.

    Raises:
        InputError: a frame id that is none.
    """

    def __init__(
        self,
        listing: Callable[[str, Side], dict[int, Path]],
        path: Callable[[str, Side, int], Path],
        frames: FrameIds,
        *,
        strict: bool = True,
    ) -> None:
        self.strict = strict
        self.frames = tuple(_frame_id(frame) for frame in frames)
        self._listing, self._path = listing, path
        self._images: dict[tuple[str, Side], dict[int, Path]] = {}
        self.single: list[View] = []
        """Views that `every` has left out because the other camera has no image."""

    def images(self, drive: str, side: Side) -> dict[int, Path]:
        """Frame id -> image file."""
        if (drive, side) not in self._images:
            self._images[drive, side] = self._listing(drive, side)
        return self._images[drive, side]

    def every(self, drives: Iterable[str], cameras: Iterable[str]) -> list[View]:
        """All views that have every source, in order."""
        sides: list[Side] = [_side(camera, "cameras") for camera in cameras]
        views = (View(drive, frame, side) for drive in drives for side in sides for frame in self.images(drive, side))
        found: list[View] = []
        for view in views:
            missing = self._missing(view)
            if missing is None:
                found.append(view)
            elif missing.side != view.side:
                self.single.append(view)
        return found

    def of_lines(self, lines: Sequence[str], drive_of: Callable[[str], str], form: str) -> Iterator[tuple[str, View]]:
        """The views of a split in its order, each with the words that name its line in a message.

        Args:
            lines: drive, frame (padded or not) and side (l or r) in each; empty lines are passed over.
            drive_of: the first word of a line -> drive; "" for what is no drive.
            form: what a line should be, for messages.

        Raises:
            InputError: a line of another form, or, if `strict`, one that asks for a missing image.
        """
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"split line {number} '{excerpt(line.strip(), 100)}'"
            view = _parse(line, drive_of, where, form)
            missing = self._missing(view)
            if missing is not None and self.strict:
                wanted = self._path(missing.drive, missing.side, missing.frame)
                kind = InputError if missing == view else NoNeighbours
                raise kind(f"{where}: no image '{wanted}' (or .jpg)")
            yield where, view

    def sources(self, view: View) -> list[View]:
        """The other views of a target, in the order of the frame ids."""
        return [view.neighbour(frame) for frame in self.frames]

    def file(self, view: View, shape: Size) -> ImageFile:
        """The image of a view, whose camera makes images of (H,W)."""
        listed = self.images(view.drive, view.side)
        path = listed[view.frame] if view.frame in listed else self._path(view.drive, view.side, view.frame)
        return ImageFile(path, shape)

    def paths(self, view: View) -> list[Path]:
        """All images of a view's camera, or, where there is none, that of the view as it should be."""
        listed = self.images(view.drive, view.side)
        return [*listed.values()] or [self._path(view.drive, view.side, view.frame)]

    def notes(self) -> list[Note]:
        """On the views that `every` has left out; the first and last of a drive lack a neighbour by nature."""
        names = [str(self.images(view.drive, view.side)[view.frame]) for view in self.single]
        return notes("images without that of the other camera are left out", names)

    def _missing(self, view: View) -> View | None:
        """The first of the target and its sources that has no image."""
        return next((v for v in (view, *self.sources(view)) if v.frame not in self.images(v.drive, v.side)), None)


def _parse(line: str, drive_of: Callable[[str], str], where: str, form: str) -> View:
    words = line.split()
    drive = drive_of(listed_path(words[0], where))
    if len(words) != 3 or not drive or not is_number(words[1]):
        raise InputError(f"{where} is not '{form}'")
    return View(drive, int(words[1]), _side(words[2], where))


def _side(name: str, where: str) -> Side:
    if name == "l" or name == "r":
        return name
    raise InputError(f"{where}: the side '{excerpt(name)}' of KITTI is neither 'l' nor 'r'")


def _frame_id(frame: int | str) -> int | str:
    if frame == STEREO or (isinstance(frame, int) and frame != 0):
        return frame
    raise InputError(f"frame {frame!r} is neither 's' nor an integer other than 0")
