"""Settings of the Monodepth2 family."""

from dataclasses import dataclass
from reprlib import repr as short
from typing import Any, ClassVar, Self

from gradunc.errors import InputError
from gradunc.models.settings import DropoutModelSettings
from gradunc.options import option

WIDEST = 16384
"""Channels of a decoder beyond which a width is a mistake."""


@dataclass
class Monodepth2Settings(DropoutModelSettings):
    """A timm backbone and the U-Net decoder of Monodepth2 (Godard et al. 2019)."""

    STRUCTURE: ClassVar[tuple[str, ...]] = ("architecture", "encoder", "head", "uncertainty_head", "decoder_channels")

    encoder: str = option("resnet18", "any timm backbone")
    pretrained: str = option("false", "encoder weights: true (download ImageNet weights), false, or a file")
    decoder_channels: list[int] = option([16, 32, 64, 128, 256], "decoder width at 1/1, 1/2, ... 1/16")

    def __post_init__(self) -> None:
        """In Python `pretrained=False` is what people write; a configuration has the text."""
        super().__post_init__()
        if isinstance(self.pretrained, bool):
            self.pretrained = str(self.pretrained).lower()

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if len(self.decoder_channels) != 5 or not all(1 <= width <= WIDEST for width in self.decoder_channels):
            given = short(self.decoder_channels)
            raise InputError(f"model.decoder_channels={given} must be five widths, finest first, at most {WIDEST}")

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.encoder={self.encoder}"

    def without_start(self, **changes: Any) -> Self:
        """The same network with no first weights to read or download, because others will replace them all."""
        return super().without_start(pretrained="false", **changes)
