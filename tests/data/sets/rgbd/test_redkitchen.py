"""The real recording: its geometry explains its images."""

import numpy as np
import pytest
import torch

from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.rgbd.frames import rgbd_frames
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.ops.geometry import warp
from tests.helpers import DATA

KITCHEN = DATA / "redkitchen"

pytestmark = pytest.mark.skipif(not KITCHEN.is_dir(), reason=f"no redkitchen in {DATA}")


def test_splits_and_samples():
    counts = {}
    for split in ("train", "val", "test"):
        found = rgbd_frames(KITCHEN, split, (), RgbdSettings(), Division(0.6, 0.2, 0.2))
        counts[split] = len(found)
    assert counts == {"train": 72, "val": 24, "test": 24}
    data = FrameDataset(rgbd_frames(KITCHEN, "test", (), RgbdSettings(), Division(0.6, 0.2, 0.2)), (96, 128))
    assert data[23]["path"].endswith("frame-000119.color.jpg")
    sample = data[0]
    assert sample["depth"].shape == (1, 480, 640)
    assert 0.7 < sample["valid"].float().mean() < 1
    assert 0.5 < sample["depth"][sample["valid"]].median() < 4
    np.testing.assert_allclose(sample["intrinsics"][0].numpy(), [117, 0, 63.6], atol=1e-4)


def warp_errors(ids: tuple[int, ...], every: int) -> tuple[float, float]:
    """Mean photometric L1 of sources warped by depth and pose, and unwarped, at the same pixels, over targets."""
    data = FrameDataset(rgbd_frames(KITCHEN, "train", ids, RgbdSettings(), Division(1, 0, 0)), (240, 320))
    errors = []
    for i in range(0, len(data), every):
        sample = data[i]
        image, sources = sample["image"] / 255, sample["sources"] / 255
        # The truth at the size of the images: the nearest of the four pixels, nothing is interpolated.
        depth = sample["depth"][None, :, 1::2, 1::2]
        for source, pose in zip(sources, sample["source_pose"], strict=True):
            view, inside = warp(source[None], depth, sample["intrinsics"][None], pose[None])
            keep = (inside & (depth > 0))[0, 0]
            pair = [(other - image).abs().mean(0)[keep].mean() for other in (view[0], source)]
            errors.append(torch.stack(pair))
    warped, unwarped = torch.stack(errors).mean(0).tolist()
    return warped, unwarped


@pytest.mark.slow
def test_depth_and_pose_explain_the_views_ten_frames_away():
    """At least half of the difference between frames is motion of the camera (0.42 of it is left)."""
    warped, unwarped = warp_errors((10,), every=1)
    assert warped < 0.5 * unwarped


def test_the_inverse_pose_does_not_explain_them(monkeypatch):
    """Planted bug: source to target instead of target to source."""
    from gradunc.data.sets.rgbd import motion as known_motion

    right = known_motion.relative_pose
    monkeypatch.setattr(known_motion, "relative_pose", lambda target, source: right(source, target))
    warped, unwarped = warp_errors((10,), every=10)
    assert warped > unwarped
