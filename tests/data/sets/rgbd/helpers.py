"""TUM and 7-Scenes recordings made here."""

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.recorded.division import Division
from gradunc.data.sets.rgbd.frames import rgbd_frames
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.errors import InputError

SIZE = (24, 32)
ALL = Division(1, 0, 0)
CAMERA = RgbdSettings(intrinsics=(40, 41, 15.5, 11.5))


def pose(i: int) -> np.ndarray:
    """The camera walks i/8 m to the right and i m ahead."""
    matrix = np.eye(4)
    matrix[:3, 3] = (i / 8, 0, i)
    return matrix


def stored_depth(i: int, unknown: int, per_metre: int) -> np.ndarray:
    """1 + i/10 m, one pixel unknown."""
    stored = np.full(SIZE, round(per_metre * (1 + i / 10)), np.uint16)
    stored[2, 3] = unknown
    return stored


def gray(i: int, size=SIZE) -> Image.Image:
    return Image.new("RGB", (size[1], size[0]), (10 * i,) * 3)


def write_seven_scenes(folder, count=10, *, suffix="png", size=SIZE, calibration=True):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        gray(i, size).save(folder / f"frame-{i:06d}.color.{suffix}")
        Image.fromarray(stored_depth(i, 65535, 1000)).save(folder / f"frame-{i:06d}.depth.png")
        np.savetxt(folder / f"frame-{i:06d}.pose.txt", pose(i))
    if calibration:
        np.savetxt(folder / "camera-intrinsics.txt", [[40, 0, 15.5], [0, 41, 11.5], [0, 0, 1]])
    return folder


def write_tum(folder, count=10):
    """Depth is 5 ms late and poses come every 5 ms; an image without depth and depth without image are in between."""
    for name in ("rgb", "depth"):
        (folder / name).mkdir(parents=True)
    images, depths, poses = ["# colour"], ["# depth", "99.5 depth/none.png"], ["# poses"]
    for i in range(count):
        gray(i).save(folder / "rgb" / f"{i}.png")
        Image.fromarray(stored_depth(i, 0, 5000)).save(folder / "depth" / f"{i}.png")
        images += [f"{100 + i:.3f} rgb/{i}.png", f"{100.5 + i:.3f} rgb/no_depth.png"]
        depths.append(f"{100.005 + i:.3f} depth/{i}.png")
        for step in (-1, 0, 1):
            x, _, z = pose(i)[:3, 3] + step
            poses.append(f"{100 + i + 0.005 * step:.3f} {x} {0.0} {z} 0 0 0 1")
    for name, lines in (("rgb", images), ("depth", depths), ("groundtruth", poses)):
        (folder / f"{name}.txt").write_text("\n".join(lines))
    return folder


WRITERS = {"7scenes": write_seven_scenes, "tum": write_tum}


def grays(images: torch.Tensor) -> list[int]:
    assert images.dtype == torch.uint8
    return [int(image[0, 0, 0]) // 10 for image in images]


def message(root, frames=(), options=CAMERA, division=ALL, split="train") -> str:
    with pytest.raises(InputError) as caught:
        rgbd_frames(root, split, frames, options, division)
    assert "\n" not in str(caught.value)
    return str(caught.value)
