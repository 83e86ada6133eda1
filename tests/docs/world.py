"""The folder in which the snippets of the documentation run: what its user has."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from transformers import AutoModelForDepthEstimation, DepthAnythingConfig, Dinov2Config, DPTImageProcessor

from gradunc import load_model
from gradunc.export import export_estimator
from gradunc.models import export_model
from gradunc.uncertainty import GradientUncertainty
from tests.data.videos import pan, texture, write_video
from tests.docs.pages import fences
from tests.helpers import tiny_model
from tests.models.adapters.marigold_networks import saved

HUB_NAME = "depth-anything/Depth-Anything-V2-Small-hf"
"""transformers takes a folder of this name before it asks the hub."""
HUB_CACHE = "hub"
"""What `hf:` looks into."""

MY_PROJECT = '''"""A network of somebody who has never heard of gradunc."""

from torch import nn


class MyNet(nn.Sequential):
    def __init__(self):
        down = [nn.Conv2d(3, 16, 3, 2, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, padding=1), nn.ReLU()]
        up = [nn.Conv2d(32, 16, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=4), nn.Conv2d(16, 1, 3, padding=1)]
        super().__init__(*down, *up, nn.Softplus())
'''


def make_world(folder: Path) -> Path:
    """Photos, a film, a folder with depth, a trained network, and a project of one's own."""
    _photo(folder / "photo.jpg", 0)
    for name, seed in (("photos/street.jpg", 1), ("photos/room.jpg", 2), ("other_photos/lake.jpg", 3)):
        _photo(folder / name, seed)
    for room in range(3):
        for frame in range(4):
            _photo(folder / f"my_images/room{room}/images/{frame:04}.jpg", 10 * room + frame)
            _depth(folder / f"my_images/room{room}/depth/{frame:04}.png", 10 * room + frame)
    write_video(folder / "walk.mov", pan(range(0, 60, 3))).rename(folder / "walk.mp4")
    export_model(tiny_model(), folder / "my_run")
    (folder / "my_project.py").write_text(MY_PROJECT)
    return folder


def _photo(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(texture(96, 144, seed)).save(path, quality=95)


def _depth(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    millimetres = 1000 + 10 * texture(96, 144, seed)[..., 0].astype(np.uint16)
    Image.fromarray(millimetres).save(path)


def hugging_face_model(folder: Path) -> None:
    """A tiny DepthAnything with random weights, under the name of the real one, and in the cache of the hub."""
    backbone = Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        reshape_hidden_states=False,
        apply_layernorm=True,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=8,
        head_hidden_size=4,
    )
    cached = folder / HUB_CACHE / f"models--{HUB_NAME.replace('/', '--')}"
    network = AutoModelForDepthEstimation.from_config(config)
    processor = DPTImageProcessor(size={"height": 42, "width": 56}, ensure_multiple_of=14, keep_aspect_ratio=True)
    for place in (folder / HUB_NAME, cached / "snapshots" / "tiny"):
        network.save_pretrained(place)
        processor.save_pretrained(place)
    (cached / "refs").mkdir(exist_ok=True)
    (cached / "refs" / "main").write_text("tiny")


def networks_of_libraries(folder: Path) -> None:
    """Of transformers and of diffusers, which takes a folder of a name before it asks the hub, too."""
    hugging_face_model(folder)
    saved(folder / "prs-eth" / "marigold-depth-v1-1")


def exported_file(folder: Path) -> None:
    """What the commands in front of the snippet have written."""
    export_estimator(GradientUncertainty(load_model(folder / "my_run")), folder / "depth.onnx")


def three_networks(folder: Path) -> None:
    """`a`, `b` and `c`."""
    for seed, name in enumerate("abc"):
        export_model(tiny_model(seed=seed), folder / name)


PREPARATIONS: dict[str, Callable[[Path], None]] = {
    "docs/howto/network.md": networks_of_libraries,
    "docs/howto/photos.md": hugging_face_model,
    "docs/howto/ensemble.md": three_networks,
    "docs/howto/export.md": exported_file,
}
"""Page -> what else its snippets need."""


def write_files_of(page: Path, folder: Path) -> None:
    """Write the files that a page shows: a YAML fence whose first line is `# NAME.yaml`, perhaps with more words."""
    for fence in fences(page, "yaml"):
        name = fence.code.splitlines()[0].removeprefix("#").strip().split(",")[0]
        if name.endswith(".yaml"):
            (folder / name).write_text(fence.code)


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Modules of the folder can be imported, and are forgotten afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if name == "my_project":
                del sys.modules[name]
