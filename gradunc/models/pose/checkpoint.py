"""Loading the pose network that a training checkpoint carries beside the depth network, or that others publish."""

import sys
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as short
from typing import Any

import torch
from torch import Tensor

from gradunc.errors import InputError, path_hint
from gradunc.models.checkpoints.state_dict import bare_key, below
from gradunc.models.checkpoints.strict_loading import filled
from gradunc.models.checkpoints.typed import typed
from gradunc.models.checkpoints.weight_files import read_weight_file
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.network import PoseNetwork
from gradunc.models.pose.published import NORMALISATION, is_published_pose, read_published_pose
from gradunc.models.settings import LARGEST_SIDE

STORED = 0.0
"""A unit that stands in the state dict, in the place of the one that is read from there."""

PREFIX = "pose_network."
"""Where the pose network stands in the state dict of our Lightning modules."""
LICENCE = "licence of the weights: that of who published them; Monodepth2's are for non-commercial use only"


@dataclass
class _Built:
    """What a pose network is built from."""

    size: list[int]
    pose_encoder: str


def load_pose_network(source: str | Path, device: str | torch.device = "cpu") -> tuple[PoseNetwork, tuple[int, int]]:
    """A ready pose network in eval mode, and the (h,w) of the images it was trained on.

    Args:
        source: a `.ckpt` file of train.py, or a folder with `pose_encoder.pth` and `pose.pth` as Monodepth2 and its
            kin publish them. Exports hold the depth network only.
        device: where the weights go.

    Raises:
        InputError: no such file, another kind of file, or a training without neighbours in time.
    """
    path = Path(source).expanduser()
    if path.is_dir() and is_published_pose(path):
        encoder, size, weights = read_published_pose(path)
        unit = 1.0
        built, normalisation = _checked(_Built(size, encoder), path), NORMALISATION
        weights = {**weights, **_statistics(normalisation)}
        print(f"{path}: pose network on a {encoder}; {LICENCE}", file=sys.stderr)
    else:
        built, weights = _of_training(path, str(source))
        # The values are among the weights.
        names = {*map(bare_key, weights)}
        normalisation, unit = NORMALISATION if {"mean", "std"} & names else None, STORED if "unit" in names else 1.0
    sides = (built.size[0], built.size[1])

    def build() -> PoseNetwork:
        try:
            return PoseNetwork(built.pose_encoder, Pretrained(), sides, normalisation, unit)
        except InputError as error:
            raise InputError(f"the pose network of '{path}' cannot be built: {error}") from error

    network = filled(build, weights, path, f"the pose network on a {built.pose_encoder}")
    return network.to(device).eval(), sides


def _of_training(path: Path, source: str) -> tuple[_Built, dict[str, Any]]:
    """What a checkpoint of train.py says of its pose network, and the weights."""
    if path.is_dir():
        found = sorted(str(file) for file in path.rglob("*.ckpt"))
        hint = f"for example checkpoint={found[0]}" if found else "it holds none"
        raise InputError(f"checkpoint='{source}' is a folder; give a .ckpt file of train.py, {hint}")
    if not path.exists():
        raise InputError(f"checkpoint='{source}' does not exist{path_hint(path)}; give a .ckpt file of train.py")
    checkpoint = read_weight_file(path)
    stored = checkpoint.get("state_dict")
    weights = below(stored, PREFIX) if isinstance(stored, dict) else {}
    if not weights:
        raise InputError(
            f"'{path}' holds no pose network; it comes from a training with neighbours in time, as objective=mono"
        )
    return _settings(checkpoint.get("gradunc"), path), weights


def _statistics(normalisation: tuple[float, float]) -> dict[str, Tensor]:
    """The entries of a state dict for a normalisation of its own."""
    return {name: torch.full((1, 6, 1, 1), value) for name, value in zip(("mean", "std"), normalisation, strict=True)}


def _settings(entry: Any, path: Path) -> _Built:
    values = {
        "size": _inside(entry, "model", "size"),
        "pose_encoder": _inside(entry, "config", "objective", "pose_encoder"),
    }
    if any(value is None for value in values.values()):
        raise InputError(f"'{path}' does not say how its pose network is built; it is no checkpoint of train.py")
    return _checked(typed(_Built, values, str(path)), path)


def _checked(built: _Built, path: Path) -> _Built:
    if len(built.size) != 2 or not all(1 <= side <= LARGEST_SIDE for side in built.size):
        raise InputError(f"{path}: its setting size={short(built.size)} must be [height, width] in pixels")
    return built


def _inside(content: Any, *keys: str) -> Any:
    """The value under keys of mappings inside mappings, None if there is none."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content
