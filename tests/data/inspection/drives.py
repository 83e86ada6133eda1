"""The synthetic street as people's own recordings: sound files, into which tests put one mistake."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gradunc.data.sets.synthetic.camera import FRAME_INTERVAL, Camera, intrinsics
from gradunc.data.sets.synthetic.render import RenderedView, render
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.street import SyntheticStreet
from gradunc.data.sets.synthetic.world import generate
from gradunc.types import Sample

FOLDER_SIZE, PAIR_SIZE = (64, 208), (128, 416)
FRAMES = 12

Picture = NDArray[np.uint8]


@cache
def view(number: int, camera: Camera, size: tuple[int, int]) -> RenderedView:
    """A frame of a drive, 0.1 s after the one before it."""
    settings = RenderSettings(height=size[0], width=size[1], moving_objects=False)
    return render(generate(0, "train", 0), 0.5 + number * FRAME_INTERVAL, camera, settings)


def camera_numbers(size: tuple[int, int]) -> dict[str, float]:
    """The keys of intrinsics.json."""
    matrix = intrinsics(*size)
    numbers = {"fx": matrix[0, 0], "fy": matrix[1, 1], "cx": matrix[0, 2], "cy": matrix[1, 2]}
    return {key: float(value) for key, value in numbers.items()} | {"height": size[0], "width": size[1]}


def write_folder(
    root: Path, stored: Callable[[NDArray[np.float32]], NDArray] = lambda depth: depth * 500, count: int = FRAMES
) -> Path:
    """The layout of data=folder: images, depth as 16-bit PNG (0 where there is sky), camera and poses.

    Args:
        root: where.
        stored: depth [m] -> what the files hold.
        count: of frames.
    """
    for name in ("images", "depth"):
        (root / name).mkdir(parents=True)
    poses = []
    for i in range(count):
        seen = view(i, "left", FOLDER_SIZE)
        Image.fromarray(seen.image).save(root / "images" / f"{i}.png")
        Image.fromarray(np.round(stored(seen.depth)).astype(np.uint16)).save(root / "depth" / f"{i}.png")
        poses.append(" ".join(map(str, seen.pose[:3].ravel().tolist())))
    (root / "poses.txt").write_text("\n".join(poses))
    (root / "intrinsics.json").write_text(json.dumps(camera_numbers(FOLDER_SIZE)))
    return root


def change_camera(root: Path, **numbers: float | None) -> None:
    """Other numbers in intrinsics.json; None removes a key."""
    path = root / "intrinsics.json"
    camera = {**json.loads(path.read_text()), **numbers}
    path.write_text(json.dumps({key: value for key, value in camera.items() if value is not None}))


def write_pairs(root: Path, right: Callable[[Picture], Picture] = lambda image: image, count: int = 4) -> Path:
    """The layout of data=stereo: left/, right/ and calibration.json, without true depth.

    Args:
        root: where.
        right: what becomes of the right images.
        count: of pairs.
    """
    for name in ("left", "right"):
        (root / name).mkdir(parents=True)
    for i in range(count):
        Image.fromarray(view(3 * i, "left", PAIR_SIZE).image).save(root / "left" / f"{i}.png")
        Image.fromarray(right(view(3 * i, "right", PAIR_SIZE).image)).save(root / "right" / f"{i}.png")
    camera = {"fx": float(intrinsics(*PAIR_SIZE)[0, 0]), "baseline": RenderSettings().baseline}
    (root / "calibration.json").write_text(json.dumps(camera))
    return root


def swap(root: Path) -> None:
    """Left for right."""
    (root / "left").rename(root / "other")
    (root / "right").rename(root / "left")
    (root / "other").rename(root / "right")


def street_sample() -> Sample:
    """A view of 64x208 pixels of the street, in which nothing moves, with both neighbours and the other camera."""
    settings = RenderSettings(height=64, width=208, moving_objects=False, frames_per_scene=1)
    return SyntheticStreet("train", 1, settings, (-1, 1, "s"))[0]
