"""Settings of the PixelFormer family."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.families.window_settings import WindowSettings
from gradunc.options import option


@dataclass
class PixelFormerSettings(WindowSettings):
    """A Swin transformer, attention in the skip connections, and bins; the defaults are the published network."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (*WindowSettings.STRUCTURE, "bins")
    ALLOWED_HEADS: ClassVar[tuple[str, ...]] = ("bins",)

    architecture: str = option("pixelformer", "network family, a name of the registry FAMILIES")
    bins: int = option(256, "intervals of depth, whose widths the network predicts for each image")

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if self.bins < 2:
            raise InputError(f"model.bins={self.bins} must be at least 2")
