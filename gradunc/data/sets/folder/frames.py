"""People's own images: folders `images/`, with `depth/`, `intrinsics.json` and `poses.txt` where they have them.

Every folder below the root that holds `images/` is one sequence, in the order of its file names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from gradunc.data.formats.camera_files import (
    Matrix,
    centred_intrinsics,
    read_intrinsics,
    read_poses,
)
from gradunc.data.formats.plausibility import ANY
from gradunc.data.formats.poses import relative_pose
from gradunc.data.recorded.division import Division, divide_readable, targets, too_short
from gradunc.data.recorded.frames import Frame, ImageFile
from gradunc.data.recorded.sizes import check_aspect, check_temporal, image_size, usual_size
from gradunc.data.recorded.truth import DepthFile, check_first
from gradunc.data.remarks import Assumption, Remarks
from gradunc.data.sets.folder.files import DEPTH, IMAGES, depth_files, find_sequences, has_depth, image_files
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size, Split

INTRINSICS, POSES = "intrinsics.json", "poses.txt"

_SIZE_OF_IMAGES = Assumption(
    "intrinsics about the stored images",
    f"{INTRINSICS} has no width and height, the size that fx, fy, cx and cy are about; write both into it",
)


@dataclass(frozen=True)
class _Sequence:
    """The files of one sequence and its camera."""

    name: str
    images: tuple[Path, ...]
    size: Size
    """(H,W) of its images, of which some may be resized."""
    depth: tuple[Path, ...]
    intrinsics: Matrix | None
    calibrated_size: Size
    poses: Matrix | None
    assumed: tuple[Assumption, ...]


def folder_frames(
    root: Path,
    split: Split,
    frames: FrameIds,
    options: FolderSettings,
    division: Division,
    *,
    strict: bool = True,
    remarks: Remarks | None = None,
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
        strict: a damaged or missing file that is looked at here is an error; False leaves that to the loading of its
            frame, as long as one file of each kind can be read.
        remarks: get a note on sequences that are too short.

    Raises:
        InputError: no images; an image without depth; a camera of other images; nothing left for the split.
    """
    check_temporal(frames, "data=folder")
    folders = find_sequences(root)
    images = {name: image_files(folder) for name, folder in folders.items()}
    truth = options.ground_truth and has_depth(root)

    def read(name: str) -> _Sequence:
        sequence = _read_sequence(root, name, folders[name], images, options, truth, strict=strict)
        if frames and sequence.intrinsics is None:
            raise InputError(
                f"no '{folders[name] / INTRINSICS}': photometric training needs the camera; write fx, fy, cx, cy, "
                "width and height into it, or set data.folder.focal (pixels of the stored images)"
            )
        return sequence

    lengths = {name: len(files) for name, files in images.items()}
    parts = divide_readable(lengths, split, division, read, strict=strict)
    result: list[Frame] = []
    for name, part in parts.items():
        sequence = read(name)
        found = [_frame(sequence, position, frames, options) for position in targets(part, frames)]
        if strict:
            check_first(found, 1)  # a wrong unit of storage or shape shows here, not while training
        result += found
    if not strict:
        check_first(result, None)
    if remarks is not None:
        remarks.note(*too_short(parts, frames))
    if not result:
        raise InputError(f"no image of the {split} split in '{root}' has all the neighbours {list(frames)}")
    return result


def _read_sequence(
    root: Path,
    name: str,
    folder: Path,
    every: Mapping[str, tuple[Path, ...]],
    options: FolderSettings,
    truth: bool,
    *,
    strict: bool,
) -> _Sequence:
    images = every[name]
    camera = _intrinsics_file(root, folder, options)
    matrix, about = (None, None) if camera is None else read_intrinsics(camera)

    def size_of(image: Path) -> Size:
        size = image_size(image)
        if about is not None:
            check_aspect(f"'{camera}'", about, f"the images in '{folder / IMAGES}'", size)
        return size

    # Where nothing of a sequence can be read, any size will do: its images fail when they are loaded.
    size = usual_size(images, size_of, strict=strict, others=chain(*every.values()))
    if matrix is None and options.focal is not None:
        matrix = centred_intrinsics(options.focal, size)
    poses = read_poses(folder / POSES, len(images)) if (folder / POSES).is_file() else None
    depth = depth_files(folder, images, strict=strict) if truth else ()
    if options.depth_scale is None and any(path.suffix.lower() == ".png" for path in depth):
        raise InputError(
            f"state data.folder.depth_scale, the units per metre of '{folder / DEPTH}/*.png': 1000 = millimetres, "
            "256 = KITTI, 5000 = TUM"
        )
    assumed = (_SIZE_OF_IMAGES,) if camera is not None and about is None else ()
    return _Sequence(name, images, size, depth, matrix, about or size, poses, assumed)


def _intrinsics_file(root: Path, folder: Path, options: FolderSettings) -> Path | None:
    """The sequence's own file, else that of the root."""
    path = next((where / INTRINSICS for where in (folder, root) if (where / INTRINSICS).is_file()), None)
    if path is not None and options.focal is not None:
        raise InputError(f"data.folder.focal={options.focal:g} contradicts '{path}'; remove one of them")
    return path


def _frame(sequence: _Sequence, position: int, frames: FrameIds, options: FolderSettings) -> Frame:
    neighbours = [position + frame for frame in frames if isinstance(frame, int)]
    pose = None
    if sequence.poses is not None and neighbours:
        pose = np.stack([relative_pose(sequence.poses[position], sequence.poses[other]) for other in neighbours])
    return Frame(
        ImageFile(sequence.images[position], sequence.size),
        sequence.name,
        sequence.intrinsics,
        sequence.calibrated_size,
        tuple(ImageFile(sequence.images[other], sequence.size) for other in neighbours),
        pose,
        _truth(sequence, position, options) if sequence.depth else None,
        assumed=sequence.assumed,
    )


def _truth(sequence: _Sequence, position: int, options: FolderSettings) -> DepthFile:
    return DepthFile(
        sequence.depth[position],
        options.depth_scale or 1.0,
        "data.folder.depth_scale",
        between=ANY,
        size=sequence.size,
        nan_is_unknown=options.nan_is_unknown,
    )
