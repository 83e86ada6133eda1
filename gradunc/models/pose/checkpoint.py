"""Loading the pose network that a training checkpoint carries beside the depth network."""

from pathlib import Path
from typing import Any

import torch

from gradunc.errors import InputError, path_hint
from gradunc.models.checkpoints.weight_files import read_weight_file
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.network import PoseNetwork

PREFIX = "pose_network."
"""Where the pose network stands in the state dict of our Lightning modules."""


def load_pose_network(source: str | Path, device: str | torch.device = "cpu") -> tuple[PoseNetwork, tuple[int, int]]:
    """A ready pose network in eval mode, and the (h,w) of the images it was trained on.

    Args:
        source: a `.ckpt` file of train.py. Exports and published files hold the depth network only.
        device: where the weights go.

    Raises:
        InputError: no such file, another kind of file, or a training without neighbours in time.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        found = sorted(str(file) for file in path.rglob("*.ckpt"))
        hint = f"for example checkpoint={found[0]}" if found else "it holds none"
        raise InputError(f"checkpoint='{source}' is a folder; give a .ckpt file of train.py, {hint}")
    if not path.is_file():
        raise InputError(f"checkpoint='{source}' does not exist{path_hint(path)}; give a .ckpt file of train.py")
    checkpoint = read_weight_file(path)
    weights = {
        key.removeprefix(PREFIX): value
        for key, value in checkpoint.get("state_dict", {}).items()
        if key.startswith(PREFIX)
    }
    if not weights:
        raise InputError(
            f"'{path}' holds no pose network; it comes from a training with neighbours in time, as objective=mono"
        )
    encoder, size = _settings(checkpoint.get("gradunc", {}), path)
    network = PoseNetwork(encoder, Pretrained(), size)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"the pose network of '{path}' does not fit a {encoder}; it is damaged") from error
    return network.to(device).eval(), size


def _settings(stored: dict[str, Any], path: Path) -> tuple[str, tuple[int, int]]:
    try:
        height, width = stored["model"]["size"]
        return str(stored["config"]["objective"]["pose_encoder"]), (int(height), int(width))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"'{path}' does not say how its pose network is built; it is no checkpoint of train.py"
        ) from error
