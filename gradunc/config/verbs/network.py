"""Which network a verb works with, and where."""

from dataclasses import dataclass

from gradunc.models.families import FAMILIES
from gradunc.models.settings import HEADS
from gradunc.options import PATH, option


@dataclass
class NetworkConfig:
    """A trained network."""

    checkpoint: str | None = option(
        None,
        "model: .ckpt, run or export folder, folder of published .pth files or of save_pretrained, hf:ORG/NAME of the "
        "Hugging Face Hub, or FILE.py:FUNCTION",
        rule=PATH,
    )
    architecture: str | None = option(None, "what the checkpoint must be; null = told by its keys", choices=FAMILIES)
    head: str | None = option(
        None, "of files that do not say it: disparity (published ones by default) or depth (metres)", choices=HEADS
    )


@dataclass
class SizedConfig(NetworkConfig):
    """A trained network that sees every image at one size."""

    size: str | None = option(None, "network input HxW; null = the model's training size")
