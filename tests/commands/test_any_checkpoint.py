"""The same command line for every network that gradunc takes: only `checkpoint=` changes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn
from transformers import DepthProImageProcessor, DPTImageProcessor, GLPNImageProcessor, ZoeDepthImageProcessor

from gradunc.commands.infer import main
from gradunc.models import FAMILIES, export_model
from gradunc.models.sample import SAMPLE
from tests.commands.conftest import QUIET
from tests.contracts.small_networks import VARIANTS, factory
from tests.helpers import Call, write_images
from tests.models.adapters import huggingface_networks as of_hugging_face

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("narrow_transformers")]


def depth_pro() -> Any:
    """One whose inverse depth is above 0, where its last ReLU would clip it."""
    network: Any = of_hugging_face.depth_pro()
    [*_, last] = [one for one in network.head.modules() if isinstance(one, nn.Conv2d)]
    last.bias.data.fill_(100.0)
    return network


OF_56 = {"size": {"height": 56, "width": 56}, "keep_aspect_ratio": True}
HUGGING_FACE: dict[str, tuple[Callable[[], Any], Any]] = {
    "Depth Anything": (of_hugging_face.depth_anything, DPTImageProcessor(**OF_56, ensure_multiple_of=14)),
    "Depth Anything, metric": (
        lambda: of_hugging_face.depth_anything("metric"),
        DPTImageProcessor(**OF_56, ensure_multiple_of=14),
    ),
    "DPT": (of_hugging_face.dpt, DPTImageProcessor(**OF_56, ensure_multiple_of=32)),
    "DPT hybrid": (of_hugging_face.dpt_hybrid, DPTImageProcessor(size={"height": 64, "width": 64})),
    "ZoeDepth": (of_hugging_face.zoedepth, ZoeDepthImageProcessor(**OF_56)),
    "GLPN": (of_hugging_face.glpn, GLPNImageProcessor(size_divisor=32)),
    "DepthPro": (depth_pro, DepthProImageProcessor(size={"height": 128, "width": 128})),
}
"""With the image processor that is published beside it."""
OWN_FILE = """
import torch

from gradunc.models import adapt
from gradunc.types import DepthPrediction, OutputSpace


def build():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, 3, padding=1)
        network = torch.nn.Sequential(*layers, torch.nn.Softplus())
    return adapt(network, DepthPrediction, OutputSpace("depth", "scale"), mean=[0] * 3, std=[1] * 3, size=(64, 96))
"""


def exported(name: str, folder: Path) -> str:
    return str(export_model(factory(VARIANTS[name])(), folder))


def saved(name: str, folder: Path) -> str:
    network, processor = HUGGING_FACE[name]
    network().save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


def own_file(name: str, folder: Path) -> str:
    folder.mkdir()
    (folder / "mine.py").write_text(OWN_FILE)
    return f"{folder / 'mine.py'}:{name}"


def sample(name: str, folder: Path) -> str:
    return name


KINDS = [
    *[(exported, name) for name in [*FAMILIES, "relative head"]],
    *[(saved, name) for name in HUGGING_FACE],
    (own_file, "build"),
    (sample, SAMPLE),
]


@pytest.mark.parametrize(("kind", "name"), KINDS, ids=[f"{kind.__name__}-{name}" for kind, name in KINDS])
def test_every_network(kind: Callable[[str, Path], str], name: str, call: Call, synthetic: Any, tmp_path: Path) -> None:
    checkpoint = f"checkpoint={kind(name, tmp_path / 'network')}"
    (photo,) = write_images(tmp_path / "photos", [(60, 90)], ".jpg")
    outcome = call(main, "predict", checkpoint, str(photo), f"output={tmp_path / 'maps'}", *QUIET["predict"])
    assert outcome.code == 0, outcome.err
    uncertainty = np.load(tmp_path / "maps" / f"{photo.name}.uncertainty.npy")
    assert uncertainty.shape == (60, 90)
    assert np.isfinite(uncertainty).mean() > 0.5
    assert np.nanstd(uncertainty) > 0
    assert (tmp_path / "maps" / f"{photo.name}.panel.png").is_file()

    settings = ("uncertainty=gradient", f"output={tmp_path / 'judged'}")
    outcome = call(main, "evaluate", checkpoint, *synthetic, *settings, *QUIET["evaluate"])
    assert outcome.code == 0, outcome.err
    content = json.loads((tmp_path / "judged" / "metrics.json").read_text())
    assert np.isfinite(content["depth"]["model"]["abs_rel"]), content["depth"]
