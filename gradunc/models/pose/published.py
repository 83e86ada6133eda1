"""Pose networks as Monodepth2 publishes them (`pose_encoder.pth`, `pose.pth`), under our names."""

import re
from pathlib import Path
from typing import NamedTuple

from gradunc.brief import brief_repr
from gradunc.models.checkpoints.published import plain_names
from gradunc.models.checkpoints.weight_files import read_weight_file
from gradunc.models.families.family import Weights
from gradunc.models.families.monodepth2.published import resnet_name
from gradunc.models.parts.published import as_published, tensors

ENCODER, DECODER, DEPTH = "pose_encoder.pth", "pose.pth", "encoder.pth"
NORMALISATION = (0.45, 0.225)
"""(mean, std) of all channels of both frames."""


class PublishedPose(NamedTuple):
    """A pose network of others."""

    encoder: str
    """Name of the timm backbone."""
    size: list[int]
    """Height and width [px] of the training images; 192x640 unless the depth network beside it says otherwise."""
    weights: Weights
    """Under our names, without the normalisation, which no file says."""

    __repr__ = brief_repr


def is_published_pose(folder: Path) -> bool:
    """Whether a folder holds a pose network under its published name."""
    return (folder / ENCODER).is_file()


def read_published_pose(folder: Path) -> PublishedPose:
    """The pose network of a folder for which `is_published_pose` holds.

    The published decoder gives a motion for both frames and uses the first, whose six numbers are kept.

    Raises:
        InputError: a file is missing or damaged, or its encoder is no ResNet.
    """
    encoder, decoder = (_plain(folder / name) for name in (ENCODER, DECODER))
    weights: Weights = {
        "encoder.backbone." + key.removeprefix("encoder."): value
        for key, value in tensors(encoder).items()
        if not key.startswith("encoder.fc.")
    }
    for key, value in tensors(decoder).items():
        match = re.fullmatch(r"net\.(\d)\.(weight|bias)", key)
        position = int(match[1]) if match else -1
        # Our convolutions stand beside their activations.
        name = f"decoder.{2 * position}.{match[2]}" if match else key
        weights[name] = value[:6] if position == 3 and value.ndim else value
    beside = _plain(folder / DEPTH) if (folder / DEPTH).is_file() else {}
    return PublishedPose(resnet_name(encoder, ENCODER), as_published(beside, "disparity")["size"], weights)


def _plain(path: Path) -> dict[str, object]:
    return plain_names(read_weight_file(path), path)
