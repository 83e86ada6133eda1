"""Settings of MonoViT."""

from dataclasses import dataclass
from reprlib import repr as short
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.settings import DropoutModelSettings
from gradunc.options import PART, option

STAGES = 4
HEADS = 8
"""Of attention; channels of the encoder are multiples of it."""
WIDEST = 4096
"""Channels beyond which a width is a mistake."""


@dataclass
class MonoViTSettings(DropoutModelSettings):
    """MonoViT (Zhao et al., 3DV 2022), by default with the published encoder MPViT-small."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (
        *DropoutModelSettings.STRUCTURE,
        "encoder_channels",
        "encoder_layers",
        "encoder_paths",
        "row_channels",
    )

    architecture: str = option("monovit", "network family, a name of the registry FAMILIES")
    encoder_channels: list[int] = option(
        [64, 128, 216, 288], "width of the encoder's four stages, at 1/4, ... 1/32; multiples of 8"
    )
    encoder_layers: list[int] = option([1, 3, 6, 3], "transformer blocks of each path of the four stages")
    encoder_paths: list[int] = option([2, 3, 3, 3], "paths of the four stages; path i sees patches of 2 i + 1 places")
    row_channels: list[int] = option(
        [16, 32, 64, 128, 256, 512], "decoder width at 1/1, and of its rows at 1/2, ... 1/32"
    )
    drop_path: float = option(0.2, "share of images for which the deepest block is left out while training", rule=PART)

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        for name in ("encoder_channels", "encoder_layers", "encoder_paths", "row_channels"):
            values, count = getattr(self, name), STAGES + 2 * (name == "row_channels")
            if len(values) != count or not all(1 <= value <= WIDEST for value in values):
                raise InputError(f"model.{name}={short(values)} must be {count} numbers from 1 to {WIDEST}")
        if any(width % HEADS for width in self.encoder_channels):
            raise InputError(f"model.encoder_channels={short(self.encoder_channels)} must be multiples of {HEADS}")
        if not PART.holds(self.drop_path):
            raise InputError(f"model.drop_path={self.drop_path} {PART.message(self.drop_path)}")
