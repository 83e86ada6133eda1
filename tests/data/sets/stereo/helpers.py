"""Rectified pairs made here, whose depth is known by hand."""

import json

import numpy as np
import pytest
from PIL import Image

from gradunc.data.recorded.division import Division
from gradunc.data.sets.stereo.frames import stereo_frames
from gradunc.data.sets.stereo.settings import StereoSettings
from gradunc.errors import InputError
from gradunc.ops.geometry import warp
from tests.data.formats.pfm_files import write_pfm

H, W = SIZE = (37, 60)
FX, BASELINE = 40.0, 0.5
TEST = Division(0, 0, 1)
DISPARITY = np.tile(np.repeat([4.0, 8.0], W // 2), (H, 1)).astype(np.float32)
"""Left half 4 px, right half 8 px; with FX and BASELINE 5 m and 2.5 m."""
DEPTH = (FX * BASELINE / DISPARITY).astype(np.float32)


def texture(seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (H, W, 3), dtype=np.uint8)


def left_view(right: np.ndarray, offset: int = 0) -> np.ndarray:
    """What the left camera sees: the pixel at u of the right view at u - disparity - offset."""
    columns = (np.arange(W) - DISPARITY[0].astype(int) - offset).clip(0, W - 1)
    return right[:, columns]


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_2014(root, scene="Piano", doffs=0):
    right = texture()
    save(root / scene / "im0.png", left_view(right, -doffs))
    save(root / scene / "im1.png", right)
    lines = [
        f"cam0=[{FX} 0 30; 0 {FX} 18; 0 0 1]",
        f"cam1=[{FX} 0 {30 + doffs}; 0 {FX} 18; 0 0 1]",
        f"doffs={doffs}",
        f"baseline={1000 * BASELINE}",
        f"width={W}",
        f"height={H}",
    ]
    (root / scene / "calib.txt").write_text("\n".join(lines))
    stored = DISPARITY - doffs
    stored[0, 0] = np.inf
    write_pfm(root / scene / "disp0.pfm", stored)


def write_folders(root, truth="disparity", count=5, **calibration):
    for i in range(count):
        right = texture(i)
        save(root / "left" / f"{i:03d}.png", left_view(right))
        save(root / "right" / f"{i:03d}.png", right)
        if truth == "disparity":
            save(root / "disparity" / f"{i:03d}.png", (256 * DISPARITY).astype(np.uint16))
        elif truth == "depth":
            save(root / "depth" / f"{i:03d}.png", (1000 * DEPTH).astype(np.uint16))
    values = {"fx": FX, "baseline": BASELINE, "disparity_scale": 256, **calibration}
    (root / "calibration.json").write_text(json.dumps(values))


def message(root, frames=("s",), options=StereoSettings(), split="test", division=TEST) -> str:  # noqa: B008 - frozen
    with pytest.raises(InputError) as caught:
        stereo_frames(root, split, frames, options, division)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def assert_sources_explain_the_image(sample):
    """Warping by depth, pose and the one matrix gives the left view exactly, wherever it is seen."""
    depth = sample["depth"][None]
    view, inside = warp(sample["sources"].float()[:1], depth, sample["intrinsics"][None], sample["source_pose"][:1])
    keep = (inside & sample["valid"][None])[0, 0]
    assert keep.float().mean() > 0.6
    difference = (view[0] - sample["image"].float()).abs().amax(0)
    assert difference[keep].max() < 1  # gray levels; rounding of the projection


def write_pair(root, kind=np.uint8):
    save(root / "leafL.jpg", left_view(texture()))
    save(root / "leafR.jpg", texture())
    save(root / "leafGT.png", DISPARITY.astype(kind))


def damaged_disparity(root, i):
    (root / "disparity" / f"{i:03d}.png").write_bytes(b"xx")
