"""Settings of the Monodepth2 family."""

from dataclasses import dataclass
from reprlib import repr as short
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.settings import DropoutModelSettings, PretrainedModelSettings
from gradunc.options import option

WIDEST = 16384
"""Channels of a decoder beyond which a width is a mistake."""


@dataclass
class Monodepth2Settings(DropoutModelSettings, PretrainedModelSettings):
    """A timm backbone and the U-Net decoder of Monodepth2 (Godard et al. 2019)."""

    STRUCTURE: ClassVar[tuple[str, ...]] = ("architecture", "encoder", "head", "uncertainty_head", "decoder_channels")

    encoder: str = option("resnet18", "any timm backbone")
    decoder_channels: list[int] = option([16, 32, 64, 128, 256], "decoder width at 1/1, 1/2, ... 1/16")

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if len(self.decoder_channels) != 5 or not all(1 <= width <= WIDEST for width in self.decoder_channels):
            given = short(self.decoder_channels)
            raise InputError(f"model.decoder_channels={given} must be five widths, finest first, at most {WIDEST}")

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.encoder={self.encoder}"
