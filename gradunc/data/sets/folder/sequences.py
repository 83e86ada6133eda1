"""One sequence of people's own images: its files, its camera and its motion."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from gradunc.data.formats.camera_files import Matrix, centred_intrinsics, read_intrinsics, read_poses
from gradunc.data.recorded.sizes import check_aspect, image_size, usual_size
from gradunc.data.remarks import Assumption
from gradunc.data.sets.folder.files import IMAGES, truth_files
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.errors import InputError
from gradunc.types import Size

INTRINSICS, POSES = "intrinsics.json", "poses.txt"

_SIZE_OF_IMAGES = Assumption(
    "intrinsics about the stored images",
    f"{INTRINSICS} has no width and height, the size that fx, fy, cx and cy are about; write both into it",
)


@dataclass(frozen=True)
class FolderSequence:
    """The files of one sequence and its camera."""

    name: str
    images: tuple[Path, ...]
    size: Size
    """(H,W) of its images, of which some may be resized."""
    truth: tuple[Path, ...]
    """The files of `data.folder.truth`, one for each image, or none."""
    intrinsics: Matrix | None
    calibrated_size: Size
    poses: Matrix | None
    assumed: tuple[Assumption, ...]


def read_sequence(
    root: Path,
    name: str,
    folder: Path,
    every: Mapping[str, tuple[Path, ...]],
    options: FolderSettings,
    truth: bool,
    *,
    strict: bool,
) -> FolderSequence:
    """Find and read what belongs to a sequence but its pixels.

    Args:
        root: of all sequences; its `intrinsics.json` is about those that have none.
        name: of the sequence.
        folder: of the sequence.
        every: images of all sequences.
        options: scale and camera.
        truth: look for it.
        strict: as in `folder_frames`.

    Raises:
        InputError: a missing file of truth, an unstated unit, a camera of other images, poses that are none.
    """
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
    files = truth_files(folder, images, options.truth, strict=strict) if truth else ()
    png = any(path.suffix.lower() == ".png" for path in files)
    if options.truth == "depth" and options.depth_scale is None and png:
        raise InputError(
            f"state data.folder.depth_scale, the units per metre of '{folder / 'depth'}/*.png': 1000 = millimetres, "
            "256 = KITTI, 5000 = TUM"
        )
    assumed = (_SIZE_OF_IMAGES,) if camera is not None and about is None else ()
    return FolderSequence(name, images, size, files, matrix, about or size, poses, assumed)


def _intrinsics_file(root: Path, folder: Path, options: FolderSettings) -> Path | None:
    """The sequence's own file, else that of the root."""
    path = next((where / INTRINSICS for where in (folder, root) if (where / INTRINSICS).is_file()), None)
    if path is not None and options.focal is not None:
        raise InputError(f"data.folder.focal={options.focal:g} contradicts '{path}'; remove one of them")
    return path
