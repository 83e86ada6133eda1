"""Networks on images of other data than they have learned: `python benchmarks/zero_shot.py DATA NAME=CHECKPOINT ...`.

DATA holds what `benchmarks/zero_shot/unlabelled.txt` and `test.txt` name: `frames/`, `kitti_raw/`, `redkitchen/`
(7-Scenes, millimetres) and `aloe/` (Middlebury). `--photos FILE` writes the unlabelled images as a list for
`pseudo.images`.
Each prediction is aligned to the truth of its image by least squares of disparity (factor and shift); abs_rel is a mean
over images, then over scenes. Intervals: bootstrap over scenes, the last of the difference to the first network.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gradunc.data.image_files import read_image
from gradunc.metrics.functional import depth_errors
from gradunc.metrics.intervals import Resampling
from gradunc.metrics.protocol import EvaluationProtocol
from gradunc.models import DepthModel, load_model
from gradunc.prediction.network import own_size, shown_to_network

LISTS = Path(__file__).parent / "zero_shot"
SENSOR_UNKNOWN = 65535


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("networks", nargs="*", metavar="NAME=CHECKPOINT")
    parser.add_argument("--photos", type=Path)
    arguments = parser.parse_args()
    root = arguments.data.resolve()
    if arguments.photos:
        names = (LISTS / "unlabelled.txt").read_text().split()
        arguments.photos.write_text("".join(f"{root / name}\n" for name in names))
    test = [line.split() for line in (LISTS / "test.txt").read_text().splitlines()]
    found = {}
    for given in arguments.networks:
        name, _, checkpoint = given.partition("=")
        found[name] = _of_scenes(load_model(checkpoint), root, test)
    _print(found)


def _of_scenes(network: DepthModel, root: Path, test: list[list[str]]) -> dict[str, float]:
    """Scene -> abs_rel."""
    protocol = EvaluationProtocol(alignment="least_squares")
    values = defaultdict[str, list[float]](list)
    for scene, name in test:
        image, truth = read_image(root / name)[None], _truth(root / name)
        with torch.no_grad():
            depth = network(shown_to_network(image, own_size(network))).depth
        at_truth = network.resize_depth(depth, (truth.shape[-2], truth.shape[-1]))[0]
        chosen = protocol.select(truth, at_truth, truth > 0, network.output_space)
        values[scene].append(float(depth_errors(chosen.truth, chosen.prediction)["abs_rel"]))
    return {scene: sum(each) / len(each) for scene, each in values.items()}


def _truth(image: Path) -> Tensor:
    """(1,H,W) depth, 0 where unknown: in metres, of aloe in a unit of its own."""
    if image.parent.name == "images":
        (file,) = (image.parents[1] / "depth").glob(f"{image.stem}.*")
        depth = np.asarray(Image.open(file)).astype(np.float32) / 256
    elif image.name.endswith(".color.jpg"):
        stored = np.asarray(Image.open(str(image).replace(".color.jpg", ".depth.png"))).astype(np.float32)
        depth = np.where(stored == SENSOR_UNKNOWN, 0, stored / 1000)
    else:
        disparity = np.asarray(Image.open(image.with_name("aloeGT.png"))).astype(np.float32)
        depth = np.where(disparity > 0, 100 / np.maximum(disparity, 1), 0)
    return torch.from_numpy(depth.astype(np.float32))[None]


def _print(found: dict[str, dict[str, float]]) -> None:
    first = next(iter(found.values()), {})
    scenes = list(first)
    resampling = Resampling(scenes)
    for name, values in found.items():
        own = torch.tensor([values[scene] for scene in scenes], dtype=torch.float64)
        difference = own - torch.tensor([first[scene] for scene in scenes], dtype=torch.float64)
        (of_mean,), (of_difference,) = (resampling.of_means(each[:, None]) for each in (own, difference))
        print(f"{name}: abs_rel {own.mean():.3f} [{of_mean.low:.3f}, {of_mean.high:.3f}], {len(scenes)} scenes", end="")
        print(f"; minus the first {difference.mean():+.3f} [{of_difference.low:+.3f}, {of_difference.high:+.3f}]")
        print("   ", ", ".join(f"{scene} {values[scene]:.3f}" for scene in scenes))


if __name__ == "__main__":
    main()
