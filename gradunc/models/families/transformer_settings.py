"""What families with a transformer of timm and a decoder of one width have in common."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.settings import PretrainedModelSettings
from gradunc.options import option


@dataclass
class TransformerSettings(PretrainedModelSettings):
    """A transformer of timm below a decoder; the defaults are those of a published network of the family."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (*PretrainedModelSettings.STRUCTURE, "transformer", "features")

    transformer: str = option("vit_small_patch14_dinov2", "a plain vision transformer of timm")
    features: int = option(64, "decoder width: 64 small, 128 base, 256 large")

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if self.features < 2 or self.features % 2:
            raise InputError(f"model.features={self.features} must be even and at least 2")

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.transformer={self.transformer}"
