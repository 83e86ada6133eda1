"""The smallest files of every data set; each writer gives the arguments of train.py that go with them."""

from collections.abc import Callable
from pathlib import Path

from tests.data.formats.nyu_files import write_fastdepth
from tests.data.kitti_helpers import write_drive
from tests.data.sets.folder.helpers import CAMERA, write_sequence
from tests.data.sets.kitti_odometry.helpers import write_sequences
from tests.data.sets.rgbd.helpers import write_seven_scenes
from tests.data.sets.stereo.helpers import write_folders
from tests.data.videos import pan, write_video

EVERYTHING = "data.division={train: 0, val: 0, test: 1}"


def _synthetic(root: Path) -> list[str]:
    return ["data.synthetic.test_scenes=1", "data.synthetic.frames_per_scene=1", f"data.cache={root}"]


def _kitti(root: Path) -> list[str]:
    write_drive(root, 3)
    return []


def _kitti_odometry(root: Path) -> list[str]:
    write_sequences(root)
    return ["data.kitti_odometry.test_sequences=[9]"]


def _nyu(root: Path) -> list[str]:
    for i in range(2):
        write_fastdepth(root / "val" / "official" / f"{i:05d}.h5", i)
    return []


def _rgbd(root: Path) -> list[str]:
    write_seven_scenes(root, 10)
    return [EVERYTHING]


def _stereo(root: Path) -> list[str]:
    write_folders(root)
    return []


def _folder(root: Path) -> list[str]:
    write_sequence(root, 10, camera=CAMERA, depth=".png")
    return ["data.folder.depth_scale=1000", EVERYTHING]


def _video(root: Path) -> list[str]:
    write_video(root / "walk.mkv", pan(range(0, 60, 2)))
    return [EVERYTHING, f"data.cache={root / 'cache'}"]


WRITERS: dict[str, Callable[[Path], list[str]]] = {
    "synthetic": _synthetic,
    "kitti": _kitti,
    "kitti_odometry": _kitti_odometry,
    "nyu": _nyu,
    "rgbd": _rgbd,
    "stereo": _stereo,
    "folder": _folder,
    "video": _video,
}
