"""The options of data=kitti."""

from dataclasses import dataclass

from gradunc.data.formats.kitti_splits import RAW_SPLITS
from gradunc.options import PATH, option

CAMERAS = ("l", "r")
TRUTHS = ("velodyne", "improved", "none")
DEPTH_AXES = ("camera_z", "laser_x")
INTRINSICS = ("calibration", "published")
POSES = ("none", "oxts")


@dataclass
class KittiSettings:
    """KITTI raw."""

    split: str | None = option(
        None,
        "published lists: eigen_zhou, eigen_full (both test on eigen), eigen, eigen_benchmark, benchmark",
        choices=RAW_SPLITS,
    )
    train_split: str | None = option(
        None, "file of lines 'date/drive frame side' to train on; wins over split", rule=PATH
    )
    val_split: str | None = option(None, "the same to validate on", rule=PATH)
    test_split: str | None = option(
        None, "the same to test on; null without split = every frame under data.root", rule=PATH
    )
    cameras: list[str] = option(
        ["l"], "cameras of the frames that are tested on without a list: l, r or both", choices=CAMERAS
    )
    truth: str = option(
        "velodyne", "true depth: velodyne (scans, projected), improved (annotated depth maps) or none", choices=TRUTHS
    )
    truth_root: str | None = option(None, "folder of the improved depth; null = data.root", rule=PATH)
    depth: str = option(
        "camera_z", "of a laser point: camera_z, or laser_x as the published export has it", choices=DEPTH_AXES
    )
    intrinsics: str = option(
        "calibration", "calibration, or published = one fixed matrix for all, as Monodepth2", choices=INTRINSICS
    )
    poses: str = option("none", "known motion between neighbours in time: none or oxts (inertial unit)", choices=POSES)
