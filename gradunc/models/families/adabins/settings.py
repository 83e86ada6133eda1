"""Settings of the AdaBins family."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.settings import PretrainedModelSettings
from gradunc.options import option

HEADS = 4
"""Of the transformer's attention."""
PLACES = 500
"""Patches that the transformer has learned places for."""
WIDEST = 248
"""Of `features`: each is one token, one more says the bins, and half of the places must be enough for them."""
PATCHES = (1, 2, 4, 8, 16)
"""Sides of a patch that divide every map, because images are padded to multiples of 32."""


@dataclass
class AdaBinsSettings(PretrainedModelSettings):
    """A timm backbone, a U-Net decoder, and a small transformer that predicts bins of depth."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (
        *PretrainedModelSettings.STRUCTURE,
        *("encoder", "features", "bins", "patch"),
    )
    ALLOWED_HEADS: ClassVar[tuple[str, ...]] = ("bins",)

    architecture: str = option("adabins", "network family, a name of the registry FAMILIES")
    encoder: str = option("resnet18", "any timm backbone")
    features: int = option(128, "decoder width at 1/2 of the resolution; doubled at each coarser stage")
    bins: int = option(256, "intervals of depth, whose widths the network predicts for each image")
    patch: int = option(16, "side of the transformer's patches, in cells of the map at 1/2 of the resolution")

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if not HEADS <= self.features <= WIDEST or self.features % HEADS:
            raise InputError(f"model.features={self.features} must be a multiple of {HEADS} from {HEADS} to {WIDEST}")
        if self.bins < 2:
            raise InputError(f"model.bins={self.bins} must be at least 2")
        if self.patch not in PATCHES:
            raise InputError(f"model.patch={self.patch} must be one of {', '.join(map(str, PATCHES))}")

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.encoder={self.encoder}"
