"""Which views of KITTI raw are used: all of a folder, or those of a list; what is left out is noted."""

from collections.abc import Sequence
from pathlib import Path

from gradunc.data.formats import kitti_files
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.remarks import Note, Remarks, notes
from gradunc.data.sets.kitti.truth import TruthFiles
from gradunc.data.sets.kitti.views import View, ViewFiles
from gradunc.errors import InputError

LINE = "date/drive frame side"


def every_view(root: Path, views: ViewFiles, files: TruthFiles, cameras: Sequence[str], remarks: Remarks) -> list[View]:
    """Every view that has all that is asked for; InputError for none, or a drive without any truth."""
    drives = kitti_files.find_drives(root)
    found = views.every(drives, cameras)
    for view in found:
        if files.kind != "none" and not files.files(view.drive, view.side):
            raise InputError(files.missing(view))
    known = [view for view in found if files.has(view)]
    if not known:
        # Alone there may be images, and nothing else is wrong.
        kind = NoNeighbours if views.frames else InputError
        raise kind(f"no frames of KITTI with cameras {[*cameras]} and frames {[*views.frames]} in '{root}'")
    without = [view for view in found if not files.has(view)]
    seen = {view.drive for view in found}
    empty = [drive for drive in drives if drive not in seen]
    remarks.note(
        *_left_out(without, len(found), "frames"),
        *views.notes(),
        *notes(f"no image of these drives is used with cameras {[*cameras]} and frames {[*views.frames]}", empty),
    )
    return known


def views_of_lines(
    lines: Sequence[str], views: ViewFiles, files: TruthFiles, remarks: Remarks, *, skip: bool
) -> list[View]:
    """The views of a list; with `skip` those without truth are left out.

    Raises:
        InputError: a line that is none or asks for what does not exist, unless it is skipped; no line that is left.
    """
    found, without = [], []
    for where, view in views.of_lines(lines, lambda word: word if "/" in word else "", LINE):
        lacking = not files.has(view)
        if lacking and views.strict and not skip:
            raise InputError(f"{where}: {files.missing(view)}")
        (without if lacking and skip else found).append(view)
    if not found and without:
        raise InputError(f"no line of the split has true depth: {files.missing(without[0])}")
    if not found:
        raise InputError("the split of KITTI has no lines")
    remarks.note(*_left_out(without, len(without) + len(found), "split lines"))
    return found


def _left_out(views: Sequence[View], total: int, what: str) -> list[Note]:
    return notes(
        f"of {total} {what} those without true depth are left out",
        [f"{one.drive} {one.frame} {one.side}" for one in views],
    )
