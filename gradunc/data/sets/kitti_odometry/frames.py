"""Frames of KITTI odometry: an image, its neighbours in time and stereo, and the known motion between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gradunc.data.formats import kitti
from gradunc.data.formats import kitti_odometry as odometry
from gradunc.data.formats.kitti import Matrix, Side
from gradunc.data.formats.poses import relative_pose
from gradunc.data.recorded.frames import Frame
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.recorded.sizes import image_size, usual_size
from gradunc.data.remarks import Note, Remarks, notes
from gradunc.data.sets.kitti.views import View, ViewFiles
from gradunc.errors import InputError, unknown
from gradunc.types import STEREO, FrameIds

LINE = "sequence frame side"

LAST = 10
"""Last sequence whose poses are published."""

GREY_READ = "grey images are read (image_0, image_1), there are none in colour (image_2, image_3)"


@dataclass(frozen=True)
class Track:
    """What is known of one camera of a sequence."""

    intrinsics: Matrix
    """(3,3) in pixels of the stored images."""
    native_size: tuple[int, int]
    """(H,W) of the first stored image: the calibration does not state it. The others must have its shape."""
    stereo: Matrix | None
    """(4,4) this camera to the other one [m]; None if not asked for."""
    poses: Matrix | None
    """(n,4,4) this camera to the world [m]; None where KITTI keeps them to itself."""


def kitti_odometry(
    root: Path,
    frames: FrameIds = (),
    *,
    lines: Sequence[str] | None = None,
    sequences: Sequence[str | int] = (),
    strict: bool = True,
    remarks: Remarks | None = None,
) -> list[Frame]:
    """Frames of a split given by its lines, or of the left camera of whole sequences, in time.

    `source_pose` comes from the poses of the sequence and, for "s", from the calibration; it is NaN in the sequences
    11 to 21, whose poses are not public. There is no true depth.

    Args:
        root: The folder that holds `sequences` and `poses`.
        frames: The sources, in order: -1 and 1 for neighbours in time, "s" for the other camera.
        lines: `sequence frame side` with side l or r.
        sequences: What to take without lines: every frame that has all its sources.
        strict: A line that asks for a missing image is an error; False leaves that to the reading of the image.
        remarks: Get notes on sequences in grey or without poses, and on images that are left out.

    Raises:
        InputError: Something that was asked for does not exist.
    """
    folder = root / "sequences"
    if not folder.is_dir():
        raise InputError(f"no folder '{folder}'; data.root must be the folder of KITTI odometry that holds it")
    views = ViewFiles(
        lambda sequence, side: odometry.image_frames(root, sequence, side),
        lambda sequence, side, frame: odometry.image_path(root, sequence, side, frame),
        frames,
        strict=strict,
    )
    if lines is not None:
        targets = [view for _, view in views.of_lines(lines, odometry.sequence_name, LINE)]
    else:
        targets = views.every([_sequence(folder, name) for name in sequences], ("l",))
    if not targets:
        asked = "of the split" if lines is not None else f"of the sequences {[*sequences]}"
        kind = NoNeighbours if frames else InputError
        raise kind(f"no frames of KITTI odometry {asked} with frames {[*frames]} in '{folder}'")
    tracks: dict[tuple[str, Side], Track] = {}
    for view in targets:
        key = view.drive, view.side
        if key not in tracks:
            tracks[key] = _read_track(root, view, views, stereo=STEREO in frames)
    if remarks is not None:
        remarks.note(*views.notes(), *_notes(root, tracks, frames))
    return [_frame(view, views, tracks[view.drive, view.side], root) for view in targets]


def _notes(root: Path, tracks: Mapping[tuple[str, Side], Track], frames: FrameIds) -> list[Note]:
    grey = [sequence for sequence, _ in tracks if odometry.cameras(root, sequence) == odometry.GREY]
    temporal = any(isinstance(frame, int) for frame in frames)
    published = [sequence for (sequence, _), track in tracks.items() if track.poses is None and int(sequence) <= LAST]
    return [
        *([Note(GREY_READ, tuple(grey), "fact")] if grey else []),
        *notes(f"no file in '{root / 'poses'}', so their motion is unknown", published if temporal else ()),
    ]


def _frame(view: View, views: ViewFiles, track: Track, root: Path) -> Frame:
    sources = views.sources(view)
    return Frame(
        image=views.file(view, track.native_size),
        sequence=view.drive,
        intrinsics=track.intrinsics,
        native_size=track.native_size,
        sources=tuple(views.file(source, track.native_size) for source in sources),
        source_pose=np.stack([_pose(view, source, track, root) for source in sources]) if sources else None,
    )


def _pose(target: View, source: View, track: Track, root: Path) -> Matrix:
    """(4,4) target to source [m], NaN where unknown."""
    if source.side != target.side:
        assert track.stereo is not None, "read whenever the other camera is asked for"
        return track.stereo
    if track.poses is None:
        return np.full((4, 4), np.nan)
    last = max(target.frame, source.frame)
    if last >= len(track.poses):
        path = odometry.pose_path(root, target.drive)
        raise InputError(f"'{path}' has {len(track.poses)} poses, but there is an image of frame {last}")
    return relative_pose(track.poses[target.frame], track.poses[source.frame])


def _read_track(root: Path, view: View, views: ViewFiles, *, stereo: bool) -> Track:
    """Read calibration and poses; InputError for a file or key that is needed and missing."""
    sequence, side = view.drive, view.side
    matrix = odometry.read_projection(root, sequence, side)
    path = odometry.pose_path(root, sequence)
    # The poses are those of camera 0.
    to_first = np.linalg.inv(kitti.camera_offset(matrix))
    other = odometry.read_projection(root, sequence, kitti.OTHER_SIDE[side]) if stereo else None
    return Track(
        intrinsics=matrix[:, :3],
        native_size=usual_size(views.paths(view), image_size, strict=views.strict),
        stereo=None if other is None else kitti.stereo_transform(matrix, other),
        poses=odometry.read_poses(path) @ to_first if path.is_file() else None,
    )


def _sequence(folder: Path, name: str | int) -> str:
    sequence = odometry.sequence_name(str(name))
    if not (folder / sequence).is_dir() or not sequence:
        raise unknown("sequence of KITTI odometry", str(name), [path.name for path in folder.glob("[0-9]*")])
    return sequence
