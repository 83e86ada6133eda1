"""People's own images: folders `images/`, with `depth/`, `intrinsics.json` and `poses.txt` where they have them.

Every folder below the root that holds `images/` is one sequence, in the order of its file names.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gradunc.data.devkits.camera_files import (
    Matrix,
    centred_intrinsics,
    read_intrinsics,
    read_poses,
)
from gradunc.data.devkits.depth_files import read_depth
from gradunc.data.devkits.plausibility import ANY, check_unit
from gradunc.data.devkits.poses import relative_pose
from gradunc.data.frames import Depth, Frame, ImageFile
from gradunc.data.layouts.common import check_aspect, check_temporal, image_size
from gradunc.data.layouts.division import Division, Split, divide, targets
from gradunc.data.layouts.folder_files import DEPTH, IMAGES, depth_files, find_sequences, has_depth, image_files
from gradunc.errors import InputError
from gradunc.types import FrameIds

INTRINSICS, POSES = "intrinsics.json", "poses.txt"


@dataclass(frozen=True)
class FolderOptions:
    """What the files do not say."""

    depth_scale: float | None = None
    """Units per metre of 16-bit PNG depth; None if there is none."""
    nan_is_unknown: bool = False
    """NaN in .npy and .exr is no error but means "no depth"."""
    focal: float | None = None
    """Focal length in pixels of the stored images, where there is no `intrinsics.json`."""
    ground_truth: bool = True
    """Read `depth/` where there is one."""


@dataclass(frozen=True)
class DepthFile:
    """The true depth of an image, read when it is needed."""

    path: Path
    scale: float
    nan_is_unknown: bool
    size: tuple[int, int]
    """(H,W) of the image, whose shape the depth must have."""

    def __call__(self) -> Depth:
        """(H,W) [m]; InputError for a damaged file or one that is no map of the whole image."""
        depth = read_depth(self.path, self.scale, nan_is_unknown=self.nan_is_unknown)
        check_unit(
            depth, str(self.path), f"data.folder.depth_scale (units per metre of a PNG, now {self.scale:g})", ANY
        )
        check_aspect(f"depth '{self.path}'", (depth.shape[0], depth.shape[1]), "its image", self.size)
        return depth


@dataclass(frozen=True)
class _Sequence:
    """The files of one sequence and its camera."""

    name: str
    images: tuple[Path, ...]
    size: tuple[int, int]
    depth: tuple[Path, ...]
    intrinsics: Matrix | None
    calibrated_size: tuple[int, int]
    poses: Matrix | None


def folder_frames(
    root: Path, split: Split, frames: FrameIds, options: FolderOptions, division: Division
) -> list[Frame]:
    """The frames of one split.

    Without frame ids (supervised training, evaluation) no intrinsics are needed; with frame ids
    (self-supervised training) no depth.

    Args:
        root: the folder.
        split: train, val or test.
        frames: neighbours in time, counted in images of the sequence.
        options: scale and camera.
        division: of the sequences.

    Raises:
        InputError: no images; an image without depth; a camera of other images; nothing left for the split.
    """
    check_temporal(frames, "data=folder")
    folders = find_sequences(root)
    images = {name: image_files(folder) for name, folder in folders.items()}
    truth = options.ground_truth and has_depth(root)
    parts = divide({name: len(files) for name, files in images.items()}, split, division)
    result: list[Frame] = []
    for name, part in parts.items():
        sequence = _read_sequence(root, name, folders[name], images[name], options, truth)
        if frames and sequence.intrinsics is None:
            raise InputError(
                f"no '{folders[name] / INTRINSICS}': photometric training needs the camera; write fx, fy, cx, cy, "
                "width and height into it, or set data.folder.focal (pixels of the stored images)"
            )
        result += [_frame(sequence, position, frames, options) for position in targets(part, frames)]
    if not result:
        raise InputError(f"no image of the {split} split in '{root}' has all the neighbours {list(frames)}")
    return result


def _read_sequence(
    root: Path, name: str, folder: Path, images: tuple[Path, ...], options: FolderOptions, truth: bool
) -> _Sequence:
    size = image_size(images[0])
    intrinsics, about = _camera(root, folder, size, options)
    poses = read_poses(folder / POSES, len(images)) if (folder / POSES).is_file() else None
    depth = depth_files(folder, images) if truth else ()
    if options.depth_scale is None and any(path.suffix.lower() == ".png" for path in depth):
        raise InputError(
            f"state data.folder.depth_scale, the units per metre of '{folder / DEPTH}/*.png': 1000 = millimetres, "
            "256 = KITTI, 5000 = TUM"
        )
    sequence = _Sequence(name, images, size, depth, intrinsics, about, poses)
    if depth:
        _truth(sequence, 0, options)()  # a wrong unit of storage or shape shows here, not while training
    return sequence


def _camera(
    root: Path, folder: Path, size: tuple[int, int], options: FolderOptions
) -> tuple[Matrix | None, tuple[int, int]]:
    """Intrinsics of a sequence, its own file first, and the size of the images that they are about."""
    path = next((where / INTRINSICS for where in (folder, root) if (where / INTRINSICS).is_file()), None)
    if path is None:
        return (None if options.focal is None else centred_intrinsics(options.focal, size)), size
    if options.focal is not None:
        raise InputError(f"data.folder.focal={options.focal:g} contradicts '{path}'; remove one of them")
    matrix, about = read_intrinsics(path)
    if about is not None:
        check_aspect(f"'{path}'", about, f"the images in '{folder / IMAGES}'", size)
    return matrix, about or size


def _frame(sequence: _Sequence, position: int, frames: FrameIds, options: FolderOptions) -> Frame:
    neighbours = [position + frame for frame in frames if isinstance(frame, int)]
    pose = None
    if sequence.poses is not None and neighbours:
        pose = np.stack([relative_pose(sequence.poses[position], sequence.poses[other]) for other in neighbours])
    return Frame(
        ImageFile(sequence.images[position]),
        sequence.name,
        sequence.intrinsics,
        sequence.calibrated_size,
        tuple(ImageFile(sequence.images[other]) for other in neighbours),
        pose,
        _truth(sequence, position, options) if sequence.depth else None,
    )


def _truth(sequence: _Sequence, position: int, options: FolderOptions) -> DepthFile:
    return DepthFile(sequence.depth[position], options.depth_scale or 1.0, options.nan_is_unknown, sequence.size)
