"""NYU Depth V2 in every layout."""

import pytest

from tests.data.formats.nyu_files import (
    write_fastdepth,
    write_labelled,
    write_png,
    write_splits,
)


@pytest.fixture
def labelled(tmp_path):
    return write_splits(write_labelled(tmp_path))


@pytest.fixture
def fastdepth(tmp_path):
    """Images 0 to 5 train in three scenes of two rooms, 6 and 7 test."""
    names = ("kitchen_0001a/00001", "kitchen_0001a/00006", "kitchen_0001b/00001", "bath_0002/00201", "bath_0002/00202")
    for i, name in enumerate(names):
        write_fastdepth(tmp_path / "train" / f"{name}.h5", i)
    for i in (6, 7):
        write_fastdepth(tmp_path / "val" / "official" / f"{i:05d}.h5", i)
    return tmp_path


@pytest.fixture
def png(tmp_path):
    """Lists in the form of BTS, whose files lie where its preparation puts them."""
    for i in range(3):
        write_png(tmp_path / "sync" / "kitchen_0028b", f"{i:05d}", i)
    write_png(tmp_path / "official_splits" / "test" / "bathroom", "00045", 3)
    lines = [f"/kitchen_0028b/rgb_{i:05d}.png /kitchen_0028b/sync_depth_{i:05d}.png 518.8579" for i in range(3)]
    (tmp_path / "train.txt").write_text("\n".join([*lines, ""]))
    (tmp_path / "test.txt").write_text("bathroom/rgb_00045.png bathroom/sync_depth_00045.png")
    return tmp_path
