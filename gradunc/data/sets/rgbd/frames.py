"""Frames of RGB-D recordings with known motion."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats import seven_scenes
from gradunc.data.recorded.camera import UnknownCamera
from gradunc.data.recorded.division import Division, targets
from gradunc.data.recorded.frames import Frame, ImageFile
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.recorded.readable import divide_readable, too_short
from gradunc.data.recorded.sizes import check_temporal, image_size, usual_size
from gradunc.data.recorded.truth import DepthFile, check_first
from gradunc.data.remarks import Assumption, Remarks
from gradunc.data.sets.rgbd.files import Recording, find_recordings
from gradunc.data.sets.rgbd.motion import KnownMotion, unknown_motion
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size, Split

Matrix = NDArray[np.float64]

DEFAULT_SIZE = (480, 640)
"""(H,W) that the intrinsics of the published recordings are about."""


def rgbd_frames(
    root: Path,
    split: Split,
    frames: FrameIds,
    options: RgbdSettings,
    division: Division,
    *,
    strict: bool = True,
    remarks: Remarks | None = None,
    camera_needed: bool = True,
) -> list[Frame]:
    """The frames of one split, whose neighbours in time lie in the same split.

    Args:
        root: one recording, or a tree of them.
        split: which one.
        frames: positions of the sources relative to the target, any integers but 0.
        options: layout, unit, camera.
        division: of the recordings; fewer recordings than splits are cut in time.
        strict: a damaged or missing file that is looked at here is an error; False leaves that to the loading of its
            frame, as long as one file of each kind can be read.
        remarks: get notes on single poses that are missing or NaN, which leave NaN, and on short sequences.
        camera_needed: frame ids need intrinsics; False leaves out those that nothing states.

    Raises:
        UnknownCamera: no intrinsics where they are needed.
        InputError: no recording; a missing file; poses that are no motion, or none at all; depth of another unit.
    """
    check_temporal(frames, "data=rgbd")
    recordings = find_recordings(root, options.layout, depth=options.ground_truth, strict=strict)
    every = [image for recording in recordings.values() for image in recording.images]

    def camera(name: str, part: range | None = None) -> _Camera:
        recording = recordings[name]
        images = recording.images if part is None else recording.images[part.start : part.stop]
        # Where nothing of a recording can be read, any size will do: its images fail when they are loaded.
        size = usual_size(images, image_size, strict=strict, others=every)
        return _camera(name, recording, root, size, options.intrinsics, needed=bool(frames) and camera_needed)

    lengths = {name: len(recording.images) for name, recording in recordings.items()}
    parts = divide_readable(lengths, split, division, camera, frames=frames, strict=strict)
    found: list[Frame] = []
    motions = {name: KnownMotion(recordings[name], strict=strict) for name in parts}
    for name, part in parts.items():
        one = camera(name, part)
        made = [_frame(one, position, frames, motions[name], options) for position in targets(part, frames)]
        found += made
        motions[name].check()
        if strict:
            check_first(made)
    if not strict:
        check_first(found, None)
    if remarks is not None:
        remarks.note(*unknown_motion(motions.values()), *too_short(parts, frames))
    return found or _none(split, frames, parts)


def _none(split: Split, frames: FrameIds, parts: Mapping[str, range]) -> NoReturn:
    raise NoNeighbours(
        f"no frame of the {split} split has the neighbours {[*frames]}: its parts have "
        f"{', '.join(str(len(part)) for part in parts.values())} frame(s); choose nearer objective.frames"
    )


class _Camera(NamedTuple):
    """A recording and what its images have in common."""

    name: str
    recording: Recording
    size: Size
    intrinsics: Matrix | None
    assumed: tuple[Assumption, ...] = ()


def _frame(camera: _Camera, position: int, frames: FrameIds, motion: KnownMotion, options: RgbdSettings) -> Frame:
    images, size = camera.recording.images, camera.size
    others = [position + int(frame) for frame in frames]
    return Frame(
        image=ImageFile(images[position], size),
        sequence=camera.name,
        intrinsics=camera.intrinsics,
        native_size=size,
        sources=tuple(ImageFile(images[other], size) for other in others),
        source_pose=motion.between(position, others) if others and options.poses else None,
        truth=_truth(camera.recording, position, size, options) if options.ground_truth else None,
        assumed=camera.assumed,
    )


def camera_matrix(values: Sequence[float], key: str) -> Matrix:
    """(3,3) of fx, fy, cx, cy [px]; InputError, naming `key`, for anything else."""
    if len(values) != 4 or not np.isfinite(values).all() or values[0] <= 0 or values[1] <= 0:
        raise InputError(f"{key}={[*values]} must be [fx,fy,cx,cy] in pixels with fx, fy > 0")
    fx, fy, cx, cy = map(float, values)
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def _truth(recording: Recording, position: int, size: Size, options: RgbdSettings) -> DepthFile:
    scale = recording.units_per_metre if options.depth_scale is None else options.depth_scale
    return DepthFile(recording.depths[position], scale, "data.rgbd.depth_scale", recording.unknown, size=size)


def _camera(
    name: str, recording: Recording, root: Path, size: Size, given: Sequence[float] | None, *, needed: bool
) -> _Camera:
    """With the intrinsics that are given, those of a file, or what is assumed of published recordings."""
    if given is not None:
        return _Camera(name, recording, size, camera_matrix(given, "data.rgbd.intrinsics"))
    folder = recording.images[0].parent
    while True:
        file = folder / seven_scenes.CALIBRATION_FILE
        if file.is_file():
            return _Camera(name, recording, size, seven_scenes.read_intrinsics(file))
        if folder in (root, folder.parent):
            break
        folder = folder.parent
    if size == DEFAULT_SIZE:
        numbers = ", ".join(f"{value:g}" for value in recording.intrinsics)
        assumed = Assumption(f"fx, fy, cx, cy = {numbers} px", recording.why_assumed)
        return _Camera(name, recording, size, camera_matrix(recording.intrinsics, ""), (assumed,))
    if needed:
        raise UnknownCamera(
            f"'{recording.images[0]}' has {size[1]}x{size[0]} pixels, not 640x480 as the published recordings, and "
            f"there is no {seven_scenes.CALIBRATION_FILE}; set data.rgbd.intrinsics=[fx,fy,cx,cy]"
        )
    return _Camera(name, recording, size, None)
