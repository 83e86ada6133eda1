"""Images and networks of `reference_check.py`: ordinary ones, and those whose mirror image may be of another kind."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from fastdepth import network
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as TF

from gradunc.data.image_files import read_image
from gradunc.models import load_model
from gradunc.types import DepthPrediction

DATA = Path(os.environ["GRADUNC_DATA"])


class Frame(NamedTuple):
    """An image (3,H,W), its true depth (1,H,W) or None, and its scene."""

    image: Tensor
    truth: Tensor | None
    scene: str


def frames() -> Iterator[Frame]:
    """One frame of each scene of `frames`, all cameras of nuScenes."""
    known: set[str] = set()
    for row in json.loads((DATA / "frames" / "frames.json").read_text()):
        if row["scene"] not in known or row["source"] == "nuscenes":
            known.add(row["scene"])
            folder = DATA / "frames" / row["folder"]
            image, truth = (next((folder / kind).glob(f"{row['name']}.*")) for kind in ("images", "depth"))
            yield Frame(read_image(image), depth_file(truth, 256), row["scene"])


def drive() -> Iterator[Frame]:
    """KITTI drive 0002, without its truth."""
    for path in sorted((DATA / "kitti_raw").rglob("image_02/data/*.*")):
        yield Frame(read_image(path), None, "0002")


def kitchen() -> Iterator[Frame]:
    """Every eighth frame of redkitchen."""
    for path in sorted((DATA / "redkitchen").glob("*.color.jpg"))[::8]:
        yield Frame(read_image(path), depth_file(Path(str(path).replace("color.jpg", "depth.png")), 1000), "kitchen")


def pages() -> Iterator[Frame]:
    """Eight pages of random letters."""
    for seed in range(8):
        draw, page = np.random.default_rng(seed), Image.new("RGB", (640, 192), (250, 250, 245))
        for row in range(4, 192, 14):
            letters = "".join(draw.choice(list("abcdefghijklmnopqrstuvwxyz   "), int(draw.integers(20, 106))))
            ImageDraw.Draw(page).text((6, row), letters, fill=(20, 20, 20))
        yield Frame(torch.from_numpy(np.array(page)).movedim(-1, 0).float() / 255, None, str(seed))


def depth_file(path: Path, unit: float) -> Tensor:
    """(1,H,W) [m]; 65535 is no depth."""
    values = torch.from_numpy(np.array(Image.open(path)).astype(np.float32))[None]
    return torch.where(values < 65535, values / unit, 0.0)


def changed(images: Callable[[], Iterator[Frame]], change: Callable[[Tensor, bool], Tensor]) -> Iterator[Frame]:
    """The first twelve with image and truth changed; `change` is told whether it may interpolate."""
    for frame, _ in zip(images(), range(12), strict=False):
        truth = None if frame.truth is None else change(frame.truth, False)
        yield Frame(change(frame.image, True), truth, frame.scene)


def rolled(maps: Tensor, smooth: bool, degrees: float) -> Tensor:
    """Of a camera that is rolled."""
    kind = TF.InterpolationMode.BILINEAR if smooth else TF.InterpolationMode.NEAREST
    return TF.rotate(maps, degrees, interpolation=kind)


def cropped(maps: Tensor, smooth: bool) -> Tensor:
    """The left 60%: the principal point is near the right border."""
    return maps[..., : int(0.6 * maps.shape[-1])]


def fisheye(maps: Tensor, smooth: bool, centre: float) -> Tensor:
    """Barrel distortion r (1 + r^2 / 2) around a column in [-1, 1]."""
    rows, columns = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in maps.shape[-2:]), indexing="ij")
    right = columns - centre
    factor = (1 + 0.5 * (right**2 + rows**2)) / 1.5
    grid = torch.stack([centre + right * factor, rows * factor], -1)[None]
    mode, padding = ("bilinear", "border") if smooth else ("nearest", "zeros")
    return F.grid_sample(maps[None], grid, mode, padding, align_corners=True)[0]


class Ramp(nn.Module):
    """A network whose log depth has a horizontal ramp on top."""

    def __init__(self, network: nn.Module, slope: float) -> None:
        super().__init__()
        self.network, self.slope = network, slope
        self.output_space, self.resize_depth = network.output_space, network.resize_depth

    def encode(self, image: Tensor) -> object:
        """Features of the network."""
        return self.network.encode(image)  # pyright: ignore[reportCallIssue]

    def decode(self, features: object, size: tuple[int, int]) -> DepthPrediction:
        """Its depth, and the ramp."""
        depth = self.network.decode(features, size).depth  # pyright: ignore[reportCallIssue]
        return DepthPrediction(depth * torch.exp(self.slope * torch.linspace(-0.5, 0.5, size[1])))

    def forward(self, image: Tensor) -> DepthPrediction:
        """Both."""
        return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]))


def fastdepth() -> nn.Module:
    """The published network of rooms."""
    return network().eval()


def rt() -> nn.Module:
    """RT-MonoDepth-S."""
    return load_model(DATA / "rt_monodepth_s").eval()
