"""Motion between neighbours in time: made OXTS files by hand, and the real ones against the images."""

import numpy as np
import pytest
import torch

from gradunc.data.formats import kitti, kitti_files, oxts
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.kitti.frames import kitti_raw
from gradunc.errors import InputError
from gradunc.ops.geometry import warp
from tests.data.kitti_helpers import DRIVE, KITTI, needs_kitti, write_drive


@pytest.fixture
def root(tmp_path):
    """Each frame 1 m farther to the east on the equator, and looking there."""
    write_drive(tmp_path, 3)
    for frame in range(3):
        path = kitti_files.oxts_path(tmp_path, DRIVE, frame)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"0 {np.degrees(frame / oxts.EARTH_RADIUS):.15f} 0 0 0 0 0 0 0")
    return tmp_path


def test_a_drive_straight_ahead(root):
    (frame,) = kitti_raw(root, (-1, 1, "s"), poses="oxts")
    expected = np.stack([np.eye(4)] * 3)
    expected[0, 2, 3], expected[1, 2, 3], expected[2, 0, 3] = 1, -1, -0.5
    np.testing.assert_allclose(frame.source_pose, expected, atol=1e-6)


def test_without_the_option_motion_is_unknown(root):
    (frame,) = kitti_raw(root, (-1, 1, "s"))
    assert np.isnan(frame.source_pose[:2]).all()
    assert np.isfinite(frame.source_pose[2]).all()


def test_missing_files(root):
    path = kitti_files.oxts_path(root, DRIVE, 2)
    path.unlink()
    with pytest.raises(InputError) as caught:
        kitti_raw(root, (1,), poses="oxts")
    assert str(caught.value) == f"no OXTS file '{path}'; without motion set data.kitti.poses=none"
    path = root / "2011_09_26" / kitti.IMU_FILE
    path.unlink()
    assert len(kitti_raw(root, ("s",), poses="oxts")) == 3  # nothing to be known of neighbours in time
    with pytest.raises(InputError) as caught:
        kitti_raw(root, (1,), poses="oxts")
    assert str(caught.value).startswith(f"no calibration file '{path}'; ")


@needs_kitti
def test_the_real_motion_explains_the_real_images():
    """Warped by scan and motion, the neighbours are nearer to the target than as they are, on the mean over all."""
    data = FrameDataset(kitti_raw(KITTI, (-1, 1), poses="oxts"), (375, 1242))
    moved, still = [], []
    for sample in (data[i] for i in range(len(data))):
        depth, keep, target = sample["depth"][None], sample["valid"], sample["image"].float()
        for source, pose in zip(sample["sources"].float(), sample["source_pose"], strict=True):
            view, inside = warp(source[None], depth, sample["intrinsics"][None], pose[None])
            pixels = (keep & inside[0])[0]
            moved.append(float((view[0] - target)[:, pixels].abs().mean()))
            still.append(float((source - target)[:, pixels].abs().mean()))
    assert np.mean(moved) < 0.6 * np.mean(still)
    assert torch.isfinite(torch.tensor(moved)).all()
