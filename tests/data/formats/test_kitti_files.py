"""Files are found by number, whatever their layout."""

from gradunc.data.formats import kitti_files
from tests.data.kitti_helpers import DRIVE


def test_frames_are_found_by_number(tmp_path):
    folder = kitti_files.image_path(tmp_path, DRIVE, "r", 0).parent
    folder.mkdir(parents=True)
    for name in ("0000000012.png", "0000000002.jpg", "0000000002.png", "0000000003.jpg", "notes.png"):
        (folder / name).touch()
    assert kitti_files.image_frames(tmp_path, DRIVE, "r") == {
        frame: folder / name for frame, name in ((2, "0000000002.png"), (3, "0000000003.jpg"), (12, "0000000012.png"))
    }
    assert [*kitti_files.image_frames(tmp_path, DRIVE, "r")] == [2, 3, 12]
    assert kitti_files.image_frames(tmp_path, DRIVE, "l") == {}
    assert kitti_files.velodyne_frames(tmp_path, DRIVE) == {}
    assert kitti_files.find_drives(tmp_path) == [DRIVE]


def test_improved_depth_is_found_in_every_layout(tmp_path):
    name = DRIVE.split("/")[1]
    for place in (DRIVE, f"train/{name}", f"val/{name}", name):
        root = tmp_path / place.replace("/", "-")
        folder = root / place / "proj_depth" / "groundtruth" / "image_03"
        folder.mkdir(parents=True)
        (folder / "0000000007.png").touch()
        assert kitti_files.improved_frames(root, DRIVE, "r") == {7: folder / "0000000007.png"}
        assert kitti_files.improved_frames(root, DRIVE, "l") == {}
