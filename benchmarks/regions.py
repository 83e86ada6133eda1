"""Errors inside and outside of a region that rendered streets know: `moving` cars, or `shadow`.

    python benchmarks/regions.py RUN [RUN ...] [--region moving] [--alignment median] [--set data.cache=FOLDER]

RUN is what `load_model` takes. 100 images of the demo's 50 test scenes; every image is aligned as a whole, and counts
where it has both. Intervals are 95% bootstrap intervals over scenes; with two runs also that of their difference.
"""

import argparse
from typing import cast

import torch
from torch import Tensor

from gradunc.assembly import build_data
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.metrics import EvaluationProtocol, RankedBatch
from gradunc.models import DepthModel, load_model

DATA = ["data=synthetic", "data.synthetic.test_scenes=50", "data.synthetic.frames_per_scene=2", "data.workers=0"]
DRAWS = 2000

Found = dict[str, list[tuple[float, float]]]
"""Scene -> (abs_rel inside, outside) of its images."""


def errors(model: DepthModel, region: str, alignment: str, settings: list[str]) -> Found:
    """abs_rel of every test image, inside and outside of the region."""
    config = load(TrainConfig, TRAIN_GROUPS, parse([*DATA, *settings], TRAIN_GROUPS))
    data = build_data(config.data, (64, 224), (), config.seed)
    data.prepare("test")
    protocol, found = EvaluationProtocol(alignment), cast("Found", {})
    for raw in data.test_dataloader():
        batch = data.on_after_batch_transfer(raw, 0)
        with torch.no_grad():
            depth = model(batch["image"]).depth
        truths = list(zip(batch["depth"], batch["valid"], strict=True))
        for place, image in enumerate(RankedBatch(protocol, model, truths).images(depth)):
            chosen = image.select()
            relative = (chosen.prediction - chosen.truth).abs() / chosen.truth
            inside = batch["regions"][region][place, 0][chosen.keep]
            if inside.any() and not inside.all():
                pair = relative[inside].mean().item(), relative[~inside].mean().item()
                found.setdefault(str(batch["scene"][place]), []).append(pair)
    return found


def by_scene(found: Found) -> Tensor:
    """(scenes, 2): means of the images of each scene."""
    return torch.tensor([torch.tensor(values).mean(0).tolist() for values in found.values()], dtype=torch.float64)


def interval(values: Tensor) -> str:
    """Mean over scenes (n,) with its interval."""
    draws = torch.randint(len(values), (DRAWS, len(values)), generator=torch.Generator().manual_seed(0))
    low, high = values[draws].mean(1).quantile(torch.tensor([0.025, 0.975], dtype=values.dtype)).tolist()
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--region", default="moving", choices=["moving", "shadow"])
    parser.add_argument("--alignment", default="median")
    parser.add_argument("--set", nargs="*", default=[], metavar="key=value", dest="settings")
    given = parser.parse_args()
    found = [by_scene(errors(load_model(run), given.region, given.alignment, given.settings)) for run in given.runs]
    print(f"abs_rel, {len(found[0])} scenes | inside {given.region} | outside")
    for run, values in zip(given.runs, found, strict=True):
        print(f"{run} | {interval(values[:, 0])} | {interval(values[:, 1])}")
    if len(found) == 2:
        change = found[1] - found[0]
        print(f"second - first | {interval(change[:, 0])} | {interval(change[:, 1])}")


if __name__ == "__main__":
    main()
