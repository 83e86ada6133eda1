"""NYU Depth V2: its camera, crops, the labelled .mat and FastDepth's HDF5 files. Without torch.

Silberman et al., "Indoor Segmentation and Support Inference from RGBD Images", ECCV 2012 (the labelled set: 795
training and 654 test images); Wofk et al., "FastDepth", ICRA 2019 (the HDF5 files). Depth is in metres.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.hdf5 import array, open_hdf5, read_matlab, values
from gradunc.errors import InputError

SIZE = (480, 640)
INTRINSICS = np.array([[518.85790, 0, 325.58245], [0, 519.46961, 253.73617], [0, 0, 1]])
"""(3,3) of the colour camera at 640x480 [px], from the published toolbox."""

LABELLED_FILE, SPLITS_FILE = "nyu_depth_v2_labeled.mat", "splits.mat"
COUNTS = {"train": 795, "test": 654}
"""Images of the official division of the 1449 labelled ones."""

LONGEST_NAME = 200
"""Letters that no name of a scene has."""

CROPS: dict[str, tuple[int, int, int, int] | None] = {
    "none": None,
    "bts": (45, 472, 43, 608),
    "grumodepth": (16, 464, 32, 608),
    "fastdepth": (21, 459, 27, 611),
    "eigen": (45, 471, 41, 601),
}
"""Name -> rows and columns top, bottom, left, right of 480x640 images.

bts cuts the white frame off (Lee et al. 2019); grumodepth is the centre 224x288 at half the size, fastdepth the centre
228x304 at 250/480 of the size, to the nearest pixel; eigen is the part in which depth is compared.
"""

HOLDOUT = ("00001.h5", "00201.h5")
"""Files of every FastDepth scene that GrUMoDepth keeps out of training."""


def labelled_size(path: Path, depth: str) -> tuple[int, tuple[int, int]]:
    """Number and (H,W) of the images of a labelled file; `depth` is "depths" or "rawDepths".

    Raises:
        InputError: unreadable, a missing key, or axes in another order than MATLAB's (reversed).
    """
    with open_hdf5(path) as file:
        images, depths = array(file, "images", path).shape, array(file, depth, path).shape
    if len(images) != 4 or images[1] != 3 or images[2] <= images[3]:
        raise InputError(
            f"'images' of '{path}' has the shape {images}, not (N,3,width,height): the axes are in another order than "
            "MATLAB 7.3 writes them; take the published file"
        )
    if depths != (images[0], *images[2:]):
        raise InputError(f"'{depth}' of '{path}' has the shape {depths}, 'images' has {images}: not (N,width,height)")
    return images[0], (images[3], images[2])


def read_labelled(path: Path, key: str, index: int) -> NDArray[Any]:
    """One image (3,H,W) uint8 of "images", or depth map (H,W) of "depths" or "rawDepths" [m], as stored."""
    with open_hdf5(path) as file:
        return np.ascontiguousarray(values(file, key, path, index).swapaxes(-1, -2))


def read_scenes(path: Path) -> list[str]:
    """The scene of every labelled image, such as "kitchen_0004"; nothing where the file has no `scenes`."""
    with open_hdf5(path) as file:
        if "scenes" not in file:
            return []
        references = values(file, "scenes", path).ravel()
        return ["".join(map(chr, file[reference][:LONGEST_NAME].ravel())) for reference in references]


def read_splits(path: Path, count: int) -> dict[str, list[int]]:
    """Positions of the training and test images, counted from 0, of the 1-based splits.mat.

    Args:
        path: MATLAB file of any version.
        count: number of labelled images.

    Raises:
        InputError: a position that does not exist or is in both, or another count than the official one.
    """
    numbers = dict(zip(COUNTS, read_matlab(path, "trainNdxs", "testNdxs"), strict=True))
    if not all(np.isrealobj(found) and _is_finite(found) for found in numbers.values()):
        raise InputError(f"'{path}': trainNdxs and testNdxs must be numbers")
    splits = {name: [int(number) - 1 for number in found] for name, found in numbers.items()}
    for name, positions in splits.items():
        if not all(0 <= position < count for position in positions):
            raise InputError(f"'{path}': {name}Ndxs must be 1 to {count}, the number of images, for every image")
        if count == sum(COUNTS.values()) and len(set(positions)) != COUNTS[name]:
            raise InputError(f"'{path}' has {len(set(positions))} {name} images, the official division {COUNTS[name]}")
    both = set(splits["train"]) & set(splits["test"])
    if both:
        raise InputError(f"'{path}' has {len(both)} images in training and test, the first is {min(both) + 1}")
    return splits


def _is_finite(numbers: NDArray[Any]) -> bool:
    return np.issubdtype(numbers.dtype, np.number) and bool(np.isfinite(numbers).all())


def fastdepth_size(path: Path) -> tuple[int, int]:
    """(H,W) of a FastDepth file; InputError if unreadable, a key is missing, or the axes are in another order."""
    with open_hdf5(path) as file:
        rgb, depth = array(file, "rgb", path).shape, array(file, "depth", path).shape
    if len(rgb) != 3 or rgb[0] != 3 or depth != rgb[1:]:
        raise InputError(
            f"'{path}' has rgb {rgb} and depth {depth}, not (3,H,W) and (H,W): the axes are in another order"
        )
    return rgb[1], rgb[2]


def read_fastdepth(path: Path, key: str) -> NDArray[Any]:
    """The image (3,H,W) uint8 of "rgb" or the depth (H,W) [m] of "depth", as stored."""
    with open_hdf5(path) as file:
        return values(file, key, path)


def place(scene: str) -> str:
    """The room of a recording: parts a, b, ... of a recording show the same one.

    >>> place("kitchen_0028b")
    'kitchen_0028'
    """
    return re.sub(r"(?<=\d)[a-z]$", "", scene)
