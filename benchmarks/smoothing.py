"""What smoothing over time does to uncertainty: the table of docs/howto/film_predict.md.

    [GRADUNC_DATA=DATA] python benchmarks/smoothing.py [--scenes 20] [--frames 20] [kitchen]

Rendered streets with the sample network, ten pictures a second; with `kitchen` the film of DATA/redkitchen with
FastDepth (onnx2torch), thirty a second. The flicker is the mean change of the uncertainty, over its mean, between a
picture and the one before, which is brought into it by the true depth and motion, at static points that both see.
AUSE is that of abs_rel, the depth scaled by the median of the truth. Means over scenes of means over pictures.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gradunc import GradientUncertainty, load_model
from gradunc.data.image_files import read_image
from gradunc.data.sets.synthetic.camera import FRAME_INTERVAL, intrinsics, relative_pose
from gradunc.data.sets.synthetic.render import render
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.street import to_unit
from gradunc.data.sets.synthetic.world import generate
from gradunc.metrics import EvaluationProtocol, PixelErrors
from gradunc.models import DepthModel
from gradunc.ops.geometry import backproject, transform, warp
from gradunc.prediction.maps import maps_of
from gradunc.prediction.network import own_size
from gradunc.prediction.smoothing import Smoothing
from gradunc.types import OutputSpace

FACTORS = (0.0, 0.3, 0.5, 0.8, 0.9)
BEGIN = 5
"""Pictures that are left out: an average must have something to average."""
SEEN = 0.05
"""Relative difference of depths up to which two pictures see the same point."""


class View(NamedTuple):
    """A picture of a film with its truth."""

    image: Tensor
    """(3,H,W) in [0,1]."""
    depth: Tensor
    """(1,1,H,W) [m], 0 where unknown."""
    static: Tensor
    """(1,1,H,W) bool."""
    pose: np.ndarray
    """(4,4) camera -> world."""
    camera: Tensor
    """(1,3,3) [px]."""


def streets(scenes: int, frames: int) -> Iterator[list[View]]:
    """Films of the test scenes that the sample network has not seen."""
    settings = RenderSettings(height=64, width=224)
    camera = torch.from_numpy(intrinsics(settings.height, settings.width))[None]
    for index in range(scenes):
        scene = generate(settings.seed, "test", index)
        shown = [render(scene, FRAME_INTERVAL * step, "left", settings) for step in range(frames)]
        yield [
            View(
                to_unit(one.image),
                torch.from_numpy(one.depth)[None, None],
                ~torch.from_numpy(one.regions["moving"])[None, None],
                one.pose,
                camera,
            )
            for one in shown
        ]


def kitchen(frames: int) -> Iterator[list[View]]:
    """The one film of 7-Scenes."""
    root = Path(os.environ["GRADUNC_DATA"]) / "redkitchen"
    camera = torch.from_numpy(np.loadtxt(root / "camera-intrinsics.txt")).float()[None]
    views = []
    for path in sorted(root.glob("*.color.jpg"))[:frames]:
        name = str(path).removesuffix("color.jpg")
        depth = read_depth(Path(f"{name}depth.png"))
        views.append(View(read_image(path), depth, depth > 0, np.loadtxt(f"{name}pose.txt"), camera))
    yield views


def read_depth(path: Path) -> Tensor:
    """(1,1,H,W) [m], 0 where unknown."""
    from PIL import Image

    values = np.asarray(Image.open(path)).astype(np.float32)
    return torch.from_numpy(np.where(values == 65535, 0, values) / 1000)[None, None]


def flicker(view: View, before: View, now: Tensor, then: Tensor) -> float:
    """Mean change of the uncertainty (1,1,H,W) at static points that both pictures see, over its mean."""
    pose = torch.from_numpy(relative_pose(view.pose, before.pose))[None]
    moved, inside = warp(torch.cat([then, before.depth, before.static.float()], 1), view.depth, view.camera, pose)
    distance = transform(pose, backproject(view.depth, view.camera))[:, 2].reshape(view.depth.shape)
    same = (moved[:, 1:2] - distance).abs() < SEEN * distance
    kept = inside & same & view.static & (moved[:, 2:] > 0.99) & (view.depth > 0) & now.isfinite() & then.isfinite()
    return float((now - moved[:, :1]).abs()[kept].mean() / now[kept].mean())


def ause(view: View, depth: Tensor, uncertainty: Tensor, protocol: EvaluationProtocol, space: OutputSpace) -> float:
    """Of abs_rel."""
    found = protocol.select(view.depth[0], depth[0], None, space)
    return float(PixelErrors(found.truth, found.prediction).rank(uncertainty[0, 0][found.keep])["abs_rel"].ause)


def figures(model: DepthModel, films: Iterator[list[View]], protocol: EvaluationProtocol) -> Tensor:
    """(scenes, factors, 2): flicker and AUSE."""
    estimators, rows = {"u": GradientUncertainty.recommended(model, reference_check="off")}, []
    # Up to one factor: the protocol aligns by the median.
    space = OutputSpace(model.output_space.quantity, "scale")
    for views in films:
        maps = [maps_of("", view.image, model, estimators, own_size(model)) for view in views]
        row = []
        for factor in FACTORS:
            smoothing = Smoothing(factor)
            shown = [
                torch.from_numpy(smoothing(view.image, one.uncertainty)["u"])[None, None]
                for view, one in zip(views, maps, strict=True)
            ]
            steps = range(BEGIN, len(views))
            change = np.mean([flicker(views[i], views[i - 1], shown[i], shown[i - 1]) for i in steps])
            depths = [torch.from_numpy(one.depth)[None, None] for one in maps]
            area = np.mean([ause(views[i], depths[i], shown[i], protocol, space) for i in steps])
            row.append([float(change), float(area)])
        rows.append(row)
        print(f"scene {len(rows)}", row, flush=True)
    return torch.tensor(rows)


def difference(values: np.ndarray) -> str:
    """The mean of the differences of scenes, and the 95% interval of a bootstrap over scenes."""
    drawn = np.random.default_rng(0).integers(0, len(values), (10_000, len(values)))
    low, high = np.percentile(values[drawn].mean(1), [2.5, 97.5])
    return f"{values.mean():+.4f} [{low:+.4f}, {high:+.4f}]"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("film", nargs="?", choices=["streets", "kitchen"], default="streets")
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--frames", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.film == "kitchen":
        from fastdepth import network  # pyright: ignore[reportMissingImports]

        rooms = EvaluationProtocol(min_depth=0.1, max_depth=10.0)
        found = figures(network().eval(), kitchen(arguments.frames), rooms)
    else:
        found = figures(load_model("sample"), streets(arguments.scenes, arguments.frames), EvaluationProtocol())
    print(f"\n{len(found)} scenes of {arguments.frames} pictures\n")
    print("| smooth | flicker | AUSE | minus that of 0 | scenes with a lower AUSE |")
    for place, factor in enumerate(FACTORS):
        change, area = found[:, place].mean(0).tolist()
        better = int((found[:, place, 1] < found[:, 0, 1]).sum())
        apart = difference((found[:, place, 1] - found[:, 0, 1]).numpy())
        print(f"| {factor} | {change:.3f} | {area:.4f} | {apart} | {better} of {len(found)} |")


if __name__ == "__main__":
    main()
