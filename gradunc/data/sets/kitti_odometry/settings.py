"""The options of data=kitti_odometry."""

from dataclasses import dataclass

from gradunc.data.formats.kitti_splits import ODOMETRY_SPLITS
from gradunc.data.sets.kitti.settings import INTRINSICS
from gradunc.options import PATH, option


@dataclass
class KittiOdometrySettings:
    """KITTI odometry."""

    split: str | None = option(
        None, "published lists: odom (trains on sequences 00-08, tests on 09 and 10)", choices=ODOMETRY_SPLITS
    )
    train_split: str | None = option(
        None, "file of lines 'sequence frame side' to train on; wins over split", rule=PATH
    )
    val_split: str | None = option(None, "the same to validate on", rule=PATH)
    test_split: str | None = option(None, "the same to test on; null without split = test_sequences", rule=PATH)
    test_sequences: list[int | str] = option([9, 10], "sequences whose left images are tested on without a list")
    intrinsics: str = option(
        "calibration", "calibration, or published = one fixed matrix for all, as Monodepth2", choices=INTRINSICS
    )
