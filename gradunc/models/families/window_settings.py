"""What families with a Swin transformer and a decoder of window attention have in common."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.families.transformer_settings import TransformerSettings
from gradunc.options import option


@dataclass
class WindowSettings(TransformerSettings):
    """A Swin transformer and a decoder of window attention; the defaults are those of the published networks."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (*TransformerSettings.STRUCTURE, "attention_heads")

    transformer: str = option("swin_large_patch4_window7_224", "a Swin transformer of timm, of the first version")
    features: int = option(128, "decoder width at 1/4 of the resolution; doubled at each coarser stage")
    attention_heads: int = option(4, "heads of the decoder's attention at 1/4; doubled at each coarser stage")

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if self.attention_heads < 1 or self.features % self.attention_heads:
            raise InputError(
                f"model.attention_heads={self.attention_heads} must be at least 1 and divide "
                f"model.features={self.features}"
            )
