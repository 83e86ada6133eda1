"""Settings of the Depth Anything family."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from gradunc.errors import InputError
from gradunc.models.settings import ModelSettings
from gradunc.options import option

POSITIONS = ("original", "transformers", "timm")


@dataclass
class DepthAnythingSettings(ModelSettings):
    """A vision transformer of DINOv2 and the decoder of dense prediction transformers; the defaults are V2, small.

    V1 differs in `taps` alone: the last four blocks.
    """

    STRUCTURE: ClassVar[tuple[str, ...]] = (
        *ModelSettings.STRUCTURE, "transformer", "taps", "features", "channels", "positions",
    )  # fmt: skip

    architecture: str = option("depth_anything", "network family, a name of the registry FAMILIES")
    transformer: str = option("vit_small_patch14_dinov2", "a plain vision transformer of timm")
    pretrained: str = option("false", "encoder weights: true (download ImageNet weights), false, or a file")
    taps: list[int] = option([2, 5, 8, 11], "the four blocks whose tokens the decoder sees, from 0; V1: [8,9,10,11]")
    features: int = option(64, "decoder width: 64 small, 128 base, 256 large")
    channels: list[int] = option([48, 96, 192, 384], "channels of the four maps before they become `features`")
    positions: str = option(
        "original",
        "how position embeddings are interpolated away from the size of their training: original (DINOv2 and the "
        "published program), transformers, or timm",
        choices=POSITIONS,
    )

    def __post_init__(self) -> None:
        """In Python `pretrained=False` is what people write; a configuration has the text."""
        super().__post_init__()
        if isinstance(self.pretrained, bool):
            self.pretrained = str(self.pretrained).lower()

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if len(self.taps) != 4 or len(self.channels) != 4 or min(self.channels) < 1:
            raise InputError(f"model.taps={self.taps} and model.channels={self.channels} must be four numbers each")
        if self.features < 2 or self.features % 2:
            raise InputError(f"model.features={self.features} must be even and at least 2")
        if self.positions not in POSITIONS:
            raise InputError(f"model.positions='{self.positions}' must be one of {', '.join(POSITIONS)}")

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.transformer={self.transformer}"

    def without_start(self, **changes: Any) -> Self:
        """The same network with no first weights to read or download, because others will replace them all."""
        return super().without_start(pretrained="false", **changes)
