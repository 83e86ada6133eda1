"""KITTI's improved depth in its two layouts, and files that are not what they should be."""

import numpy as np
import pytest
from PIL import Image

from gradunc.data.formats import kitti_files
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Remarks
from gradunc.data.sets.kitti.frames import kitti_raw
from gradunc.errors import InputError
from tests.data.kitti_helpers import DRIVE, laser, write_drive

FRAMES = 3
DEPTH = np.zeros((10, 20), dtype=np.uint16)
DEPTH[2, 3], DEPTH[9, 19] = 10 * 256, 30 * 256 + 64


@pytest.fixture
def root(tmp_path):
    """Frame 0 has no improved depth, as at the ends of real drives; no scans are needed."""
    write_drive(tmp_path, FRAMES)
    for scan in tmp_path.rglob("*.bin"):
        scan.unlink()
    for side in "lr":
        write(kitti_files.improved_folders(tmp_path, DRIVE, side)[0] / "0000000001.png")
        write(kitti_files.improved_folders(tmp_path, DRIVE, side)[0] / "0000000002.png")
    return tmp_path


def write(path, values=DEPTH):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def message(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_depth_is_read_back(root):
    frames = kitti_raw(root, truth="improved", cameras="lr")
    assert [frame.image.name[-5] for frame in frames] == ["1", "2", "1", "2"]
    depth = frames[0].truth()
    assert depth.dtype == np.float32
    assert depth[2, 3] == 10
    assert depth[9, 19] == 30.25
    assert np.count_nonzero(depth) == 2


@pytest.mark.parametrize("place", ["train", "val", "."])
def test_the_layout_of_the_archive(root, tmp_path_factory, place):
    archive = tmp_path_factory.mktemp("archive")
    folder = kitti_files.improved_folders(root, DRIVE, "l")[0]
    folder.parents[1].rename(archive / "moved")
    (archive / place / DRIVE.split("/")[1]).mkdir(parents=True)
    (archive / "moved").rename(archive / place / DRIVE.split("/")[1] / "proj_depth")
    (frame,) = kitti_raw(root, truth="improved", improved_root=archive, lines=[f"{DRIVE} 2 l"])
    assert frame.truth()[2, 3] == 10


def test_a_line_without_depth(root):
    path = kitti_files.improved_folders(root, DRIVE, "l")[0] / "0000000000.png"
    line, good = f"{DRIVE} 0 l", f"{DRIVE} 1 l"
    reason = (
        f"no improved depth '{path}' (nor under train/ or val/); set data.kitti.truth_root to the folder of "
        "data_depth_annotated, or data.kitti.truth=velodyne"
    )
    assert message(kitti_raw, root, truth="improved", lines=[good, line]) == f"split line 2 '{line}': {reason}"
    remarks = Remarks()
    assert len(kitti_raw(root, truth="improved", lines=[line, good], skip_without_truth=True, remarks=remarks)) == 1
    assert remarks.lines() == [f"of 2 split lines those without true depth are left out: 1 ('{line}')"]
    found = message(kitti_raw, root, truth="improved", lines=[line], skip_without_truth=True)
    assert found == f"no line of the split has true depth: {reason}"


def read(root, values) -> str:
    path = kitti_files.improved_folders(root, DRIVE, "l")[0] / "0000000001.png"
    write(path, values)
    return message(kitti_raw(root, truth="improved")[0].truth).replace(str(path), "PATH")


def test_files_that_are_no_improved_depth(root):
    assert read(root, DEPTH.astype(np.uint8)) == (
        "depth 'PATH' is a PNG of mode L (8 bits), not of 16-bit gray: the depth was converted or coloured; "
        "take the original file"
    )
    assert read(root, DEPTH[:5]) == (
        "depth 'PATH' has 20x5 pixels, the images of its date have 20x10: it was resized or cropped; "
        "take KITTI's own file"
    )
    for values, mean in ((DEPTH * 0 + 20000, "78.1"), (DEPTH * 0 + 20, "0.0781")):  # 20 m in millimetres, in metres
        text = read(root, values)
        assert text.startswith(f"depth 'PATH' is {mean} m on average, not 2 to 50 m: ")
        assert text.endswith("set data.kitti.truth_root to KITTI's own files, which have 256 units per metre")
    assert read(root, DEPTH * 0) == "depth 'PATH' has no known pixel; remove it and its image"


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ([], "is empty; take KITTI's own file"),
        ([laser(0, 0, 10)[:2] + [np.nan] * 2], "has no known pixel: none of its points falls into the image"),
        ([[np.nan] * 4] * 3, "has no known pixel"),
        ([laser(0, 0, -10)], "has no known pixel"),
    ],
)
def test_scans_without_a_point_in_the_image(tmp_path, points, text):
    root = write_drive(tmp_path, 2)
    scan = kitti_files.velodyne_path(root, DRIVE, 1)
    scan.write_bytes(np.array(points, dtype="<f4").tobytes())
    data = FrameDataset(kitti_raw(root), (5, 10))
    assert data[0]["depth"].max() == 10
    with pytest.raises(InputError) as caught:
        data[1]
    assert f"Velodyne file '{scan}' {text}" in str(caught.value)
