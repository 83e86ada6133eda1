"""Which network a verb works with, and where."""

from dataclasses import dataclass

from gradunc.options import PATH, option


@dataclass
class NetworkConfig:
    """A trained network."""

    checkpoint: str | None = option(
        None, "model: .ckpt, run or export folder, folder of published .pth files", rule=PATH
    )
    architecture: str | None = option(None, "what the checkpoint must be; null = told by its keys")
    head: str | None = option(None, "published files: disparity (default) or depth (linear, metres)")


@dataclass
class SizedConfig(NetworkConfig):
    """A trained network that sees every image at one size."""

    size: str | None = option(None, "network input HxW; null = the model's training size")
