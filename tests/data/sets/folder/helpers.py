"""Sequences of images made here."""

import json

import numpy as np
import OpenEXR
from PIL import Image

SIZE = (24, 32)
CAMERA = {"fx": 40, "fy": 40, "cx": 15.5, "cy": 11.5, "width": 32, "height": 24}


def gray(value: int, size=SIZE) -> Image.Image:
    return Image.new("RGB", (size[1], size[0]), (value,) * 3)


def write_sequence(folder, count=5, *, first=0, camera=None, depth=""):
    """Image i is gray of 10 i + first, its depth 1000 + i millimetres with one unknown pixel."""
    (folder / "images").mkdir(parents=True)
    for i in range(count):
        gray(10 * i + first).save(folder / "images" / f"im{i + 8}.png")  # im8 ... im12: names are no numbers
    if camera is not None:
        (folder / "intrinsics.json").write_text(json.dumps(camera))
    if depth:
        (folder / "depth").mkdir()
    for i in range(count if depth else 0):
        stored = np.full(SIZE, 1000 + i, np.uint16)
        stored[0, 0] = 0
        write_depth(folder / "depth" / f"im{i + 8}{depth}", stored)
    return folder


def write_depth(path, millimetres):
    metres = millimetres.astype(np.float32) / np.float32(1000)
    if path.suffix == ".png":
        Image.fromarray(millimetres).save(path)
    elif path.suffix == ".npy":
        np.save(path, metres)
    else:
        OpenEXR.File({"type": OpenEXR.scanlineimage}, {"Z": metres}).write(str(path))
