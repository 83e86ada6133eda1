"""RGB-D recordings in the layouts of TUM RGB-D and 7-Scenes: their files in time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from gradunc.data.formats import seven_scenes, tum
from gradunc.data.formats.poses import Matrix, UnknownPose
from gradunc.data.sets.rgbd.settings import LAYOUTS
from gradunc.errors import InputError, unknown

_MEND = "write camera-intrinsics.txt beside the images, or set data.rgbd.intrinsics=[fx,fy,cx,cy]"
WHY_TUM = f"there is no camera-intrinsics.txt, and this is the driver's default (freiburg1 has fx = 517.3); {_MEND}"
WHY_SEVEN_SCENES = f"there is no camera-intrinsics.txt, and the authors of 7-Scenes did not calibrate; {_MEND}"


@dataclass(frozen=True)
class Recording:
    """One sequence of colour images with depth."""

    images: Sequence[Path]
    """In time."""
    depths: Sequence[Path]
    """Of the same frames; empty where they were not looked for."""
    pose: Callable[[int], Matrix]
    """Position -> (4,4) camera to world [m]; UnknownPose where it is missing or NaN, InputError for no rigid motion."""
    units_per_metre: float
    """Of the depth files."""
    unknown: tuple[int, ...]
    """Stored values that mean "no depth"."""
    intrinsics: tuple[float, float, float, float]
    """fx, fy, cx, cy of the published recordings, at 640x480 [px]."""
    why_assumed: str
    """Why these intrinsics are no fact, and what to do about it."""
    files: Sequence[Path] = ()
    """All that lists or names lead to, also what is not used."""
    without_depth: Sequence[Path] = ()
    """Images that are left out of `images` because they have no depth."""


def find_recordings(
    root: Path, layout: str = "auto", *, depth: bool = True, strict: bool = True
) -> dict[str, Recording]:
    """Sequence -> recording, for one folder or a tree of them; the name is the folder's below `root`, or `root`'s own.

    Args:
        root: folder.
        layout: one of `LAYOUTS`.
        depth: leave out frames of TUM without depth, refuse those of 7-Scenes; False = look for no depth.
        strict: a file that is missing is an error; False leaves that to the loading of its frame.

    Raises:
        InputError: none is found, or one lacks depth.
    """
    if layout not in LAYOUTS:
        raise unknown("data.rgbd.layout", layout, LAYOUTS)
    found: dict[Path, Recording] = {}
    if layout != "7scenes":
        folders = sorted({file.parent for file in root.rglob("rgb.txt")})
        found |= {folder: _tum(folder, depth, strict) for folder in folders}
    if layout != "tum":
        folders = sorted({file.parent for file in root.rglob("frame-*.color.*")})
        found |= {folder: _seven_scenes(folder, depth, strict) for folder in folders}
    if not found:
        wanted = {"tum": "rgb.txt and depth.txt (TUM)", "7scenes": "frame-*.color.png (7-Scenes)"}
        names = [text for name, text in wanted.items() if layout in ("auto", name)]
        raise InputError(f"no RGB-D recording in '{root}': no {' and no '.join(names)} in it or in folders below")
    names = {folder: folder.relative_to(root).as_posix() if folder != root else root.resolve().name for folder in found}
    return {names[folder]: recording for folder, recording in found.items()}


def _seven_scenes(folder: Path, with_depth: bool, strict: bool) -> Recording:
    images = list(seven_scenes.color_images(folder).values())
    if not images:
        raise InputError(f"no frame-XXXXXX.color.png or .jpg with a frame number in '{folder}'")
    depths = [seven_scenes.companion(image, "depth.png") for image in images if with_depth]
    for path in depths:
        if strict and not path.is_file():
            raise InputError(f"no depth file '{path}'; remove its colour image if it has none")

    @cache
    def pose(position: int) -> Matrix:
        return seven_scenes.read_pose(seven_scenes.companion(images[position], "pose.txt"))

    scale, intrinsics = seven_scenes.UNITS_PER_METRE, seven_scenes.INTRINSICS
    files = [*images, *(seven_scenes.companion(image, "depth.png") for image in images)]
    return Recording(images, depths, pose, scale, seven_scenes.UNKNOWN, intrinsics, WHY_SEVEN_SCENES, files)


def _tum(folder: Path, with_depth: bool, strict: bool) -> Recording:
    times, images = tum.read_list(folder / "rgb.txt")
    depths: list[Path] = []
    listed, without = [*images, *(folder / "depth").glob("*")], []
    if with_depth:
        depth_times, files = tum.read_list(folder / "depth.txt")
        matches = tum.associate(times, depth_times)
        kept = np.flatnonzero(matches >= 0)
        if not len(kept):
            raise InputError(f"no image of '{folder / 'rgb.txt'}' has depth within {tum.TOLERANCE} s in depth.txt")
        listed, without = [*images, *files], [images[i] for i in np.flatnonzero(matches < 0)]
        times, images = times[kept], [images[i] for i in kept]
        depths = [files[i] for i in matches[kept]]
    for path in (images[0], *depths[:1]):
        if strict and not path.is_file():
            raise InputError(f"no file '{path}', which a list in '{folder}' names")
    trajectory = folder / tum.TRAJECTORY_FILE

    @cache
    def rows() -> Matrix:
        pose_times, values = tum.read_trajectory(trajectory)
        nearest = tum.nearest(times, pose_times)
        return np.where((nearest >= 0)[:, None], values[nearest], np.inf)

    @cache
    def pose(position: int) -> Matrix:
        row = rows()[position]
        name = images[position].name
        if np.isinf(row).all():
            raise UnknownPose(f"'{trajectory}' has no pose within {tum.TOLERANCE} s of '{name}'")
        return tum.pose(row, f"{trajectory}' of '{name}")

    return Recording(images, depths, pose, tum.UNITS_PER_METRE, (0,), tum.INTRINSICS, WHY_TUM, listed, without)
