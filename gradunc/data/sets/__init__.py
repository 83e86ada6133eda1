"""Data sets, one folder each, and their registry, which imports none of them before it is asked for."""

from typing import Any

from gradunc import registry
from gradunc.registry import Entry

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
"""`data.name` -> the options of a data set (section `data.NAME`) and its `gradunc.data.interface.DataSet`.

A new one is its folder, a line here, `configs/data/NAME.yaml`, and its tests.
"""

MIXTURE = "mixture"
"""The `data.name` of several data sets at once."""


def settings_of(name: str) -> type[Any]:
    """The dataclass of the options of a data set; InputError for an unknown one."""
    return registry.settings_of(SETS, name, "data set", [MIXTURE])


def data_set_of(name: str) -> type[Any]:
    """The class of a data set, a `gradunc.data.interface.DataSet`; InputError for an unknown one."""
    return registry.implementation_of(SETS, name, "data set", [MIXTURE])
