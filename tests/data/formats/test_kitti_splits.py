"""Which published lists make up the parts of a split (docs of the shared data: names, counts, SHA-256)."""

import pytest

from gradunc.data.formats.kitti_splits import FILES, ODOMETRY_SPLITS, RAW_SPLITS, split_names
from gradunc.errors import InputError

COUNTS = {
    ("eigen_zhou", "train"): 39810,
    ("eigen_zhou", "val"): 4424,
    ("eigen_zhou", "test"): 697,
    ("eigen_full", "train"): 45200,
    ("eigen_full", "val"): 1776,
    ("eigen_full", "test"): 697,
    ("eigen", "test"): 697,
    ("eigen_benchmark", "test"): 652,
    ("benchmark", "train"): 72084,
    ("benchmark", "val"): 6060,
    ("odom", "train"): 36671,
    ("odom", "val"): 4075,
    ("odom", "test"): 1590 + 1200,
}


def test_every_part_has_its_published_count():
    for (split, part), count in COUNTS.items():
        assert sum(FILES[name].lines for name in split_names(split, part, "velodyne")) == count
    assert {split for split, _ in COUNTS} == {*RAW_SPLITS, *ODOMETRY_SPLITS}


def test_improved_depth_is_tested_where_it_exists():
    assert split_names("eigen_zhou", "test", "improved") == ["eigen_benchmark/test_files.txt"]
    assert split_names("eigen_zhou", "test", "none") == ["eigen/test_files.txt"]


def test_all_other_parts_are_refused():
    for split in (*RAW_SPLITS, *ODOMETRY_SPLITS):
        for part in ("train", "val", "test"):
            if (split, part) not in COUNTS:
                with pytest.raises(InputError, match=f"the split '{split}'"):
                    split_names(split, part, "velodyne")
    with pytest.raises(InputError, match="did you mean 'eigen_zhou'"):
        split_names("eigen_zho", "train", "velodyne")
