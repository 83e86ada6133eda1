"""What families with a Swin transformer and a decoder of window attention have in common."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from gradunc.errors import InputError
from gradunc.models.settings import ModelSettings
from gradunc.options import option


@dataclass
class WindowSettings(ModelSettings):
    """A Swin transformer and a decoder of window attention; the defaults are those of the published networks."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (*ModelSettings.STRUCTURE, "transformer", "features", "attention_heads")

    transformer: str = option("swin_large_patch4_window7_224", "a Swin transformer of timm, of the first version")
    pretrained: str = option("false", "encoder weights: true (download ImageNet weights), false, or a file")
    features: int = option(128, "decoder width at 1/4 of the resolution; doubled at each coarser stage")
    attention_heads: int = option(4, "heads of the decoder's attention at 1/4; doubled at each coarser stage")

    def __post_init__(self) -> None:
        """In Python `pretrained=False` is what people write; a configuration has the text."""
        super().__post_init__()
        if isinstance(self.pretrained, bool):
            self.pretrained = str(self.pretrained).lower()

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if self.features < 2 or self.features % 2:
            raise InputError(f"model.features={self.features} must be even and at least 2")
        if self.attention_heads < 1 or self.features % self.attention_heads:
            raise InputError(
                f"model.attention_heads={self.attention_heads} must be at least 1 and divide "
                f"model.features={self.features}"
            )

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.transformer={self.transformer}"

    def without_start(self, **changes: Any) -> Self:
        """The same network with no first weights to read or download, because others will replace them all."""
        return super().without_start(pretrained="false", **changes)
