"""Cost of gradient uncertainty in plain forward passes, for every family of networks as its configuration says.

By operations, which no other program disturbs, and with `--repeats` by time too; random weights, one image.

    python benchmarks/family_cost.py [NAME ...] [--repeats 5] [--threads 2]    # NAME as in configs/model/
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from timing import Runs, interleaved
from torch import Tensor

from gradunc import DepthModel, GradientUncertainty, build_model
from gradunc.models.families.family import settings_class
from gradunc.uncertainty.cost import cost_in_forwards

FOLDER = Path(__file__).parents[1] / "configs" / "model"
SETTINGS: dict[str, Callable[[DepthModel], GradientUncertainty]] = {
    "published, flip": lambda model: GradientUncertainty(model, "auto"),
    "published, feature_flip": lambda model: GradientUncertainty(model, "auto", "feature_flip"),
    "gradient": GradientUncertainty.recommended,
    "gradient_fast": GradientUncertainty.fast,
}


def main() -> None:
    """Print a row for every network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith("tiny"))
    parser.add_argument("names", nargs="*", default=every)
    parser.add_argument("--repeats", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"| `model=` | million weights | size | {' | '.join(SETTINGS)} |", flush=True)
    for name in arguments.names:
        _row(name, arguments.repeats)


def _row(name: str, repeats: int) -> None:
    given: Any = OmegaConf.to_container(OmegaConf.load(FOLDER / f"{name}.yaml"))
    family = settings_class(given.pop("architecture"))
    if "pretrained" in given:
        given["pretrained"] = "false"
    torch.manual_seed(0)
    model = build_model(family(**given)).eval()
    height, width = model.size
    image = torch.rand(1, 3, height, width)
    weights = sum(one.numel() for one in model.parameters()) / 1e6
    estimators = {name: make(model) for name, make in SETTINGS.items()}
    cells = [f"{cost_in_forwards(one, image):.2f}" for one in estimators.values()]
    print(f"| `{name}` | {weights:.1f} | {height}x{width} | {' | '.join(cells)} |", flush=True)
    if repeats:
        _times(model, estimators, image, repeats)


def _times(model: DepthModel, estimators: dict[str, GradientUncertainty], image: Tensor, repeats: int) -> None:
    @torch.inference_mode()
    def plain() -> Tensor:
        return model(image).depth

    runs: Runs = {"plain": plain}
    runs |= {name: lambda one=one: one.estimate(image) for name, one in estimators.items()}
    times = interleaved(runs, repeats, image.device)
    cells = [f"{times[name] / times['plain']:.2f}" for name in estimators]
    print(f"| by time | | {1000 * times['plain']:.0f} ms | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
