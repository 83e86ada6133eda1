"""People's own images: folders `images/`, with `depth/`, `intrinsics.json` and `poses.txt` where they have them.

Every folder below the root that holds `images/` is one sequence, in the order of its file names.
"""

from pathlib import Path

import numpy as np

from gradunc.data.formats.plausibility import ANY
from gradunc.data.formats.poses import relative_pose
from gradunc.data.recorded.camera import UnknownCamera
from gradunc.data.recorded.division import Division, targets
from gradunc.data.recorded.frames import Frame, ImageFile
from gradunc.data.recorded.neighbours import NoNeighbours, least_length
from gradunc.data.recorded.readable import divide_readable, too_short
from gradunc.data.recorded.relative import OrderedPairs, RelativeDisparity
from gradunc.data.recorded.sizes import check_temporal
from gradunc.data.recorded.truth import DepthFile, check_first
from gradunc.data.remarks import Remarks
from gradunc.data.sets.folder.files import find_sequences, has_truth, image_files
from gradunc.data.sets.folder.sequences import INTRINSICS, FolderSequence, read_sequence
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.types import FrameIds, Split


def folder_frames(
    root: Path,
    split: Split,
    frames: FrameIds,
    options: FolderSettings,
    division: Division,
    *,
    strict: bool = True,
    remarks: Remarks | None = None,
    camera_needed: bool = True,
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
        camera_needed: frame ids need intrinsics; False leaves out those that nothing states.

    Raises:
        UnknownCamera: no intrinsics where they are needed.
        NoNeighbours: no image has the source views.
        InputError: no images; an image without its truth; a camera of other images; nothing left for the split.
    """
    check_temporal(frames, "data=folder")
    folders = find_sequences(root)
    images = {name: image_files(folder) for name, folder in folders.items()}
    truth = options.ground_truth and has_truth(root, options.truth)

    def read(name: str) -> FolderSequence:
        sequence = read_sequence(root, name, folders[name], images, options, truth, strict=strict)
        if frames and camera_needed and sequence.intrinsics is None:
            raise _no_camera(folders[name])
        return sequence

    lengths = {name: len(files) for name, files in images.items()}
    parts = divide_readable(lengths, split, division, read, frames=frames, strict=strict)
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
        raise NoNeighbours(
            f"no image of the {split} split in '{root}' has all the neighbours {[*frames]}: it needs a sequence of "
            f"{least_length(frames)} images; add images, or set data.division with a larger share for {split}"
        )
    return result


def _no_camera(folder: Path) -> UnknownCamera:
    return UnknownCamera(
        f"no '{folder / INTRINSICS}': photometric training needs the camera; write fx, fy, cx, cy, width, height into "
        "it, or set data.folder.focal (pixels of the stored images)"
    )


def _frame(sequence: FolderSequence, position: int, frames: FrameIds, options: FolderSettings) -> Frame:
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
        _depth(sequence, position, options) if sequence.truth and options.truth == "depth" else None,
        _relative(sequence, position, options) if sequence.truth else None,
        scene=sequence.name.partition("/")[0] if options.scenes == "first_folder" else "",
        assumed=sequence.assumed,
    )


def _relative(
    sequence: FolderSequence, position: int, options: FolderSettings
) -> RelativeDisparity | OrderedPairs | None:
    path = sequence.truth[position]
    if options.truth == "disparity":
        return RelativeDisparity(path, sequence.size, options.pseudo)
    return OrderedPairs(path, sequence.size) if options.truth == "ordinal" else None


def _depth(sequence: FolderSequence, position: int, options: FolderSettings) -> DepthFile:
    return DepthFile(
        sequence.truth[position],
        options.depth_scale or 1.0,
        "data.folder.depth_scale",
        between=ANY,
        size=sequence.size,
        nan_is_unknown=options.nan_is_unknown,
    )
