"""Every function that opens a file of a user, with the suffix of its files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from gradunc.data import array_files
from gradunc.data.formats import (
    camera_files,
    depth_files,
    depth_png,
    disparity_files,
    hdf5,
    kitti,
    kitti_odometry,
    kitti_splits,
    nyu,
    ordinal_files,
    oxts,
    pfm,
    pictures,
    seven_scenes,
    stereo,
    tum,
    velodyne,
)
from gradunc.data.formats.video import Video
from gradunc.data.image_decoding import FORMATS
from gradunc.data.image_files import load_image, read_image
from gradunc.data.recorded.sizes import image_size
from gradunc.data.sets.kitti import lists
from gradunc.data.sets.nyu.files import listed
from gradunc.data.sets.video.extracted import read_index, read_journal
from gradunc.text_files import read_json, read_lines, read_text

SIZE = (48, 64)


class Reader(NamedTuple):
    read: Callable[[Path], Any]
    suffix: str
    named: str = "file"
    """The stem of its file."""
    empty_is_well: bool = False
    """A text without lines is one."""


def opened(context: Callable[..., Any], *arguments: Any) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        with context(path, *arguments):
            pass

    return read


FORMAT_READERS = {
    "camera_files.read_intrinsics": Reader(camera_files.read_intrinsics, ".json"),
    "camera_files.read_poses": Reader(lambda path: camera_files.read_poses(path, 4), ".txt"),
    "depth_files.read_depth": Reader(lambda path: depth_files.read_depth(path, 1000), ".npy"),
    "depth_files.read_depth of EXR": Reader(lambda path: depth_files.read_depth(path, 1000), ".exr"),
    "depth_files.read_png": Reader(lambda path: depth_files.read_png(path, 1000), ".png"),
    "depth_png.read_png16": Reader(depth_png.read_png16, ".png"),
    "disparity_files.read_disparity": Reader(disparity_files.read_disparity, ".png"),
    "hdf5.open_hdf5": Reader(opened(hdf5.open_hdf5), ".h5"),
    "hdf5.read_matlab": Reader(lambda path: hdf5.read_matlab(path, "trainNdxs"), ".mat"),
    "kitti.read_calibration": Reader(kitti.read_calibration, ".txt", empty_is_well=True),
    "kitti_odometry.read_poses": Reader(kitti_odometry.read_poses, ".txt", empty_is_well=True),
    "nyu.labelled_size": Reader(lambda path: nyu.labelled_size(path, "depths"), ".mat"),
    "nyu.read_labelled": Reader(lambda path: nyu.read_labelled(path, "images", 0), ".mat"),
    "nyu.read_scenes": Reader(nyu.read_scenes, ".mat"),
    "nyu.read_splits": Reader(lambda path: nyu.read_splits(path, 6), ".mat"),
    "nyu.fastdepth_size": Reader(nyu.fastdepth_size, ".h5"),
    "nyu.read_fastdepth": Reader(lambda path: nyu.read_fastdepth(path, "rgb"), ".h5"),
    "ordinal_files.read_ordinal": Reader(lambda path: ordinal_files.read_ordinal(path, SIZE), ".csv"),
    "oxts.read_oxts": Reader(oxts.read_oxts, ".txt"),
    "pfm.read_pfm": Reader(pfm.read_pfm, ".pfm"),
    "pictures.open_picture": Reader(opened(pictures.open_picture, "image", FORMATS), ".jpg"),
    "seven_scenes.read_pose": Reader(seven_scenes.read_pose, ".txt"),
    "seven_scenes.read_intrinsics": Reader(seven_scenes.read_intrinsics, ".txt"),
    "stereo.read_middlebury": Reader(lambda path: stereo.read_middlebury(path, SIZE), ".txt"),
    "stereo.read_json": Reader(lambda path: stereo.read_json(path, SIZE), ".json"),
    "stereo.read_number": Reader(stereo.read_number, ".txt"),
    "tum.read_list": Reader(tum.read_list, ".txt"),
    "tum.read_trajectory": Reader(tum.read_trajectory, ".txt"),
    "velodyne.read_velodyne": Reader(velodyne.read_velodyne, ".bin"),
}
"""`module.function` of gradunc/data/formats -> how it is called."""

OTHER_READERS = {
    "split list": Reader(
        lambda path: kitti_splits.read_split(path.parent.parent, "eigen/test_files.txt"), ".txt", "eigen/test_files"
    ),
    "split list of the user": Reader(lambda path: lists._read(path, "data.kitti.test_split"), ".txt", "s", True),
    "NYU list": Reader(lambda path: listed(path.parent, path, 1000), ".txt"),
    "video": Reader(lambda path: next(Video(path).pictures()), ".mp4"),
    "index of a video": Reader(lambda path: read_index(path.parent), ".json", "index"),
    "journal of a video": Reader(lambda path: read_journal(path.parent), ".jsonl", "journal", True),
    "image": Reader(read_image, ".png"),
    "image for training": Reader(lambda path: load_image(path, SIZE), ".jpg"),
    "size of an image": Reader(image_size, ".png"),
    "text": Reader(lambda path: read_text(path, "text"), ".txt", empty_is_well=True),
    "lines": Reader(lambda path: read_lines(path, "text"), ".txt", empty_is_well=True),
    "JSON": Reader(lambda path: read_json(path, "text"), ".json"),
}

READERS = FORMAT_READERS | OTHER_READERS

COPIES = array_files.read
"""The cache's own reader answers None, and the copy is written anew."""
