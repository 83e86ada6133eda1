"""Frames of KITTI raw: an image, its neighbours in time and stereo, its true depth, its motion."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from gradunc.data.formats import kitti_files, oxts
from gradunc.data.formats.kitti import Matrix, Side
from gradunc.data.formats.velodyne import DepthAxis
from gradunc.data.recorded.frames import Frame
from gradunc.data.remarks import Remarks
from gradunc.data.sets.kitti.rig import Rig, read_rig
from gradunc.data.sets.kitti.targets import every_view, views_of_lines
from gradunc.data.sets.kitti.truth import Truth, TruthFiles
from gradunc.data.sets.kitti.views import View, ViewFiles
from gradunc.errors import InputError
from gradunc.types import STEREO, FrameIds

Poses = Literal["none", "oxts"]


def kitti_raw(
    root: Path,
    frames: FrameIds = (),
    *,
    lines: Sequence[str] | None = None,
    cameras: Sequence[str] = ("l",),
    truth: Truth = "velodyne",
    improved_root: Path | None = None,
    depth: DepthAxis = "camera_z",
    poses: Poses = "none",
    skip_without_truth: bool = False,
    strict: bool = True,
    remarks: Remarks | None = None,
) -> list[Frame]:
    """Frames in the official layout, or of a split given by its lines.

    Intrinsics are those of the calibration. `source_pose` comes from the calibration for "s", and for neighbours in
    time from the inertial unit, or is NaN. The truth is that of the target camera at its native size, which differs by
    a few pixels between the dates of KITTI.

    Args:
        root: The folder of the dates, `2011_09_26` and so on.
        frames: The sources, in order: -1 and 1 for neighbours in time, "s" for the other camera.
        lines: `date/drive frame side` with side l or r and the frame padded or not. None takes all frames of
            all drives that have every source and the truth asked for (a few frames of KITTI have no scan).
        cameras: The target cameras, "l", "r" or both; of no effect with `lines`, which name theirs.
        truth: Scans projected by us, the improved depth maps, or nothing.
        improved_root: Where the improved depth lies if not under `root`.
        depth: "camera_z", or "laser_x" for the published export of the Eigen split.
        poses: "oxts" gives the motion between neighbours in time [m].
        skip_without_truth: Leave lines without truth out; False = they are an error.
        strict: A line that asks for a missing file is an error; False leaves that to the reading of the file.
        remarks: Get notes on what is left out because it has no truth or no image of the other camera.

    Raises:
        InputError: Something that was asked for does not exist; all of it is looked up here, not while training.
    """
    if not root.is_dir():
        raise InputError(f"no KITTI folder '{root}'")
    views = ViewFiles(
        lambda drive, side: kitti_files.image_frames(root, drive, side),
        lambda drive, side, frame: kitti_files.image_path(root, drive, side, frame),
        frames,
        strict=strict,
    )
    files = TruthFiles(truth, root, improved_root or root, depth)
    remarks = Remarks() if remarks is None else remarks
    found = _Assembly(root, views, files, poses)
    if lines is None:
        return found.frames(every_view(root, views, files, cameras, remarks))
    return found.frames(views_of_lines(lines, views, files, remarks, skip=skip_without_truth))


class _Assembly:
    """Makes frames of views; reads each calibration and each measurement once."""

    def __init__(self, root: Path, views: ViewFiles, files: TruthFiles, poses: Poses) -> None:
        self._root, self._views, self._files, self._poses = root, views, files, poses
        self._rigs: dict[tuple[str, Side], Rig] = {}
        self._motion: dict[tuple[str, int], Matrix] = {}
        self._latitudes: dict[str, float] = {}

    def frames(self, targets: Sequence[View]) -> list[Frame]:
        return [self._frame(view) for view in targets]

    def _frame(self, view: View) -> Frame:
        rig = self._rig(view)
        sources = self._views.sources(view)
        return Frame(
            image=self._views.file(view, rig.native_size),
            sequence=view.drive,
            intrinsics=rig.intrinsics,
            native_size=rig.native_size,
            sources=tuple(self._views.file(source, rig.native_size) for source in sources),
            source_pose=np.stack([self._pose(view, source, rig) for source in sources]) if sources else None,
            truth=self._files.reader(view, rig.velodyne, rig.native_size),
        )

    def _pose(self, target: View, source: View, rig: Rig) -> Matrix:
        """(4,4) target to source [m], NaN where unknown."""
        if source.side != target.side:
            assert rig.stereo is not None, "read whenever the other camera is asked for"
            return rig.stereo
        if rig.imu is None:
            return np.full((4, 4), np.nan)
        return oxts.camera_motion(self._imu_pose(target), self._imu_pose(source), rig.imu)

    def _imu_pose(self, view: View) -> Matrix:
        key = view.drive, view.frame
        if key not in self._motion:
            measurement = oxts.read_oxts(kitti_files.oxts_path(self._root, *key))
            latitude = self._latitudes.setdefault(view.drive, float(measurement[0]))
            self._motion[key] = oxts.imu_pose(measurement, latitude)
        return self._motion[key]

    def _rig(self, view: View) -> Rig:
        key = view.drive.split("/")[0], view.side
        if key not in self._rigs:
            self._rigs[key] = read_rig(
                self._root / key[0],
                view.side,
                stereo=STEREO in self._views.frames,
                velodyne=self._files.kind == "velodyne",
                imu=self._poses == "oxts" and any(isinstance(frame, int) for frame in self._views.frames),
            )
        return self._rigs[key]
