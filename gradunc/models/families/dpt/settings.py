"""Settings of the DPT family."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from gradunc.errors import InputError
from gradunc.models.settings import ModelSettings
from gradunc.options import option


@dataclass
class DPTSettings(ModelSettings):
    """A transformer, its tokens joined with the class token, and the decoder of dense prediction transformers.

    The defaults are DPT large.
    """

    STRUCTURE: ClassVar[tuple[str, ...]] = (
        *ModelSettings.STRUCTURE, "transformer", "taps", "features", "channels",
    )  # fmt: skip

    architecture: str = option("dpt", "network family, a name of the registry FAMILIES")
    transformer: str = option(
        "vit_large_patch16_384", "a timm backbone: a vision transformer, one on a ResNet, or with taps=[] a pyramid"
    )
    pretrained: str = option("false", "encoder weights: true (download ImageNet weights), false, or a file")
    taps: list[int] = option(
        [5, 11, 17, 23],
        "the four blocks whose tokens the decoder sees, from 0, or on a ResNet two; empty: the maps of the backbone at "
        "1/4 to 1/32",
    )
    features: int = option(256, "decoder width")
    channels: list[int] = option([256, 512, 1024, 1024], "channels of the four maps before they become `features`")

    def __post_init__(self) -> None:
        """In Python `pretrained=False` is what people write; a configuration has the text."""
        super().__post_init__()
        if isinstance(self.pretrained, bool):
            self.pretrained = str(self.pretrained).lower()

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if len(self.taps) not in (0, 2, 4) or len(self.channels) != 4 or min(self.channels) < 1:
            raise InputError(
                f"model.taps={self.taps} must be four blocks (two on a ResNet, none of a pyramid), and "
                f"model.channels={self.channels} four numbers"
            )
        if self.features < 2 or self.features % 2:
            raise InputError(f"model.features={self.features} must be even and at least 2")

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.transformer={self.transformer}"

    def without_start(self, **changes: Any) -> Self:
        """The same network with no first weights to read or download, because others will replace them all."""
        return super().without_start(pretrained="false", **changes)
