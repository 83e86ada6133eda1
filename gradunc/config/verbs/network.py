"""Which network a verb works with, and where."""

from dataclasses import dataclass

from gradunc.models.families import FAMILIES
from gradunc.models.settings import HEADS_OF_FILES
from gradunc.options import PATH, POSITIVE_OR_NULL, option

CHECKPOINT = (
    "model: .ckpt, run or export folder, published .pth file or folder of them, folder of save_pretrained, "
    "hf:ORG/NAME of the Hugging Face Hub, or FILE.py:FUNCTION"
)


@dataclass
class NetworkConfig:
    """A trained network."""

    checkpoint: str | None = option(None, CHECKPOINT, rule=PATH)
    architecture: str | None = option(None, "what the checkpoint must be; null = told by its keys", choices=FAMILIES)
    network: str | None = option(
        None, "which network a published file holds, where its keys fit several: depth_anything_v1, grumodepth_nyu, ..."
    )
    max_depth: float | None = option(
        None, "of published networks in metres: the depth at which their range ends [m]", rule=POSITIVE_OR_NULL
    )
    head: str | None = option(
        None,
        "of files that do not say it: disparity (published ones by default) or depth (metres)",
        choices=HEADS_OF_FILES,
    )


@dataclass
class SizedConfig(NetworkConfig):
    """A trained network that sees every image at one size."""

    size: str | None = option(None, "network input HxW; null = the model's training size")
