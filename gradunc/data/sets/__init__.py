"""Data sets, one folder each, and their registry, which imports none of them before it is asked for."""

from typing import Any, NamedTuple

from gradunc.errors import unknown
from gradunc.imports import imported


class Entry(NamedTuple):
    """Where the two classes of a data set are, as `package.module:Name`."""

    settings: str
    """Dataclass of its options: the section `data.NAME`. Its module imports no torch."""
    data_set: str
    """Its `gradunc.data.interface.DataSet`."""


_HERE = "gradunc.data.sets"

SETS: dict[str, Entry] = {
    "synthetic": Entry(f"{_HERE}.synthetic.settings:SyntheticSettings", f"{_HERE}.synthetic.dataset:Synthetic"),
    "kitti": Entry(f"{_HERE}.kitti.settings:KittiSettings", f"{_HERE}.kitti.dataset:Kitti"),
    "kitti_odometry": Entry(
        f"{_HERE}.kitti_odometry.settings:KittiOdometrySettings", f"{_HERE}.kitti_odometry.dataset:KittiOdometry"
    ),
    "nyu": Entry(f"{_HERE}.nyu.settings:NyuSettings", f"{_HERE}.nyu.dataset:Nyu"),
    "rgbd": Entry(f"{_HERE}.rgbd.settings:RgbdSettings", f"{_HERE}.rgbd.dataset:Rgbd"),
    "stereo": Entry(f"{_HERE}.stereo.settings:StereoSettings", f"{_HERE}.stereo.dataset:Stereo"),
    "folder": Entry(f"{_HERE}.folder.settings:FolderSettings", f"{_HERE}.folder.dataset:Folder"),
    "video": Entry(f"{_HERE}.video.settings:VideoSettings", f"{_HERE}.video.dataset:Videos"),
}
"""`data.name` -> data set; a new one is its folder, a line here, `configs/data/NAME.yaml`, and its tests."""

MIXTURE = "mixture"
"""The `data.name` of several data sets at once."""


def settings_of(name: str) -> type[Any]:
    """The dataclass of the options of a data set; InputError for an unknown one."""
    return imported(_entry(name).settings)


def data_set_of(name: str) -> type[Any]:
    """The class of a data set, a `gradunc.data.interface.DataSet`; InputError for an unknown one."""
    return imported(_entry(name).data_set)


def _entry(name: str) -> Entry:
    if name not in SETS:
        raise unknown("data set", name, (*SETS, MIXTURE))
    return SETS[name]
