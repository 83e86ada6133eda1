"""Settings of the Depth Anything family."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.families.transformer_settings import TransformerSettings
from gradunc.options import option

POSITIONS = ("original", "transformers", "timm")


@dataclass
class DepthAnythingSettings(TransformerSettings):
    """A vision transformer of DINOv2 and the decoder of dense prediction transformers; the defaults are V2, small.

    V1 differs in `taps` alone: the last four blocks.
    """

    STRUCTURE: ClassVar[tuple[str, ...]] = (
        *TransformerSettings.STRUCTURE, "taps", "channels", "positions",
    )  # fmt: skip

    architecture: str = option("depth_anything", "network family, a name of the registry FAMILIES")
    taps: list[int] = option([2, 5, 8, 11], "the four blocks whose tokens the decoder sees, from 0; V1: [8,9,10,11]")
    channels: list[int] = option([48, 96, 192, 384], "channels of the four maps before they become `features`")
    positions: str = option(
        "original",
        "how position embeddings are interpolated away from the size of their training: original (DINOv2 and the "
        "published program), transformers, or timm",
        choices=POSITIONS,
    )

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if len(self.taps) != 4 or len(self.channels) != 4 or min(self.channels) < 1:
            raise InputError(f"model.taps={self.taps} and model.channels={self.channels} must be four numbers each")
        if self.positions not in POSITIONS:
            raise InputError(f"model.positions='{self.positions}' must be one of {', '.join(POSITIONS)}")
