"""What the shape of the network's input does to depth: images and crops of them, resized to several sizes.

GRADUNC_DATA=DATA python benchmarks/network_input.py [FRAMES]

A crop has another shape than the images of the training, and the same things in the same proportions. It is stretched
back to the training's size, or resized to a size in its own shape.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gradunc.assembly import data_set
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.image_files import resize_image
from gradunc.data.network_input import near_size, scale, stretch
from gradunc.models import DepthModel, load_model
from gradunc.types import Size

TRAINED = (192, 640)
SHAPES = {"whole image": None, "4:3": 4 / 3, "3:4": 3 / 4, "6:1": 6.0}
"""Crops from the middle: width over height."""


def cropped(values: Tensor, aspect: float | None) -> Tensor:
    """The middle of (...,H,W), as high as before, or as wide."""
    height, width = values.shape[-2:]
    if aspect is None:
        return values
    new = min(height, round(width / aspect)), min(width, round(height * aspect))
    top, left = (height - new[0]) // 2, (width - new[1]) // 2
    return values[..., top : top + new[0], left : left + new[1]]


def abs_rel(depth: Tensor, truth: Tensor) -> float:
    """After alignment of the medians, at pixels with truth in 1e-3..80 m."""
    known = (truth > 1e-3) & (truth < 80)
    found, true = depth[known], truth[known]
    aligned = (found * true.median() / found.median()).clamp(1e-3, 80)
    return float(((aligned - true).abs() / true).mean())


def predicted(model: DepthModel, image: Tensor, size: Size) -> Tensor:
    """(H,W) depth of an image (3,H,W) that the network sees at a size."""
    with torch.inference_mode():
        depth = model(resize_image(image[None], size)).depth
        return model.resize_depth(depth, (image.shape[-2], image.shape[-1]))[0, 0]


def sizes_of(image: Size) -> list[Size]:
    """The training's size, and in the shape of the image: inside of that, and with as many pixels."""
    factor = scale(image, TRAINED)
    same = (round(image[0] * factor / 32) * 32, round(image[1] * factor / 32) * 32)
    others = [(352, 352), (128, 960), (288, 416)] if stretch(image, TRAINED) < 1.1 else []
    return list(dict.fromkeys([TRAINED, near_size(image, TRAINED), same, *others]))


def main() -> None:
    """One line for each shape and size."""
    torch.set_num_threads(1)
    root, count = Path(os.environ["GRADUNC_DATA"]), int(sys.argv[1]) if len(sys.argv) > 1 else 30
    model = load_model(root / "rt_monodepth_s").eval()
    arguments = ["data=kitti", f"data.root={root / 'kitti_raw'}"]
    config = load(TrainConfig, TRAIN_GROUPS, parse(arguments, TRAIN_GROUPS))
    data: Any = data_set(config.data).open("test", (375, 1242))
    chosen: list[Any] = [
        data[index] for index in np.linspace(0, len(data) - 1, min(count, len(data))).round().astype(int)
    ]
    samples = [(one["image"].float() / 255, torch.where(one["valid"], one["depth"], 0)[0]) for one in chosen]
    print(f"{len(samples)} images; abs_rel after median alignment")
    for name, aspect in SHAPES.items():
        pairs = [(cropped(pixels, aspect), cropped(truth, aspect)) for pixels, truth in samples]
        image = (pairs[0][0].shape[-2], pairs[0][0].shape[-1])
        for size in sizes_of(image):
            errors = [
                abs_rel(predicted(model, resize_image(pixels, (truth.shape[-2], truth.shape[-1])), size), truth)
                for pixels, truth in pairs
            ]
            print(
                f"{name:>12} {image[0]}x{image[1]} -> {size[0]}x{size[1]}: stretched {stretch(image, size):.2f}, scale "
                f"{scale(image, size):.2f}, abs_rel {np.mean(errors):.3f}"
            )


if __name__ == "__main__":
    main()
