"""Settings of the Eigen family."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.errors import InputError
from gradunc.models.settings import DropoutModelSettings
from gradunc.options import option

STAGES = 5
"""Convolutions of the coarse network."""


@dataclass
class EigenSettings(DropoutModelSettings):
    """A coarse network that sees all of the image and a fine one; the widths are those of Eigen et al. 2014."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (
        *DropoutModelSettings.STRUCTURE,
        *("size", "coarse_channels", "global_features", "fine_channels"),
    )

    architecture: str = option("eigen", "network family, a name of the registry FAMILIES")
    coarse_channels: list[int] = option([96, 256, 384, 384, 256], "convolutions of the coarse network")
    global_features: int = option(4096, "numbers in which the coarse network says what the whole image is")
    fine_channels: int = option(64, "width of the fine network, one channel of which is the coarse depth")

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if len(self.coarse_channels) != STAGES or min(self.coarse_channels) < 1:
            raise InputError(
                f"model.coarse_channels={self.coarse_channels} must be {STAGES} whole numbers above 0".replace(
                    ", ", ","
                )
            )
        if self.global_features < 1:
            raise InputError(f"model.global_features={self.global_features} must be at least 1")
        if self.fine_channels < 2:
            raise InputError(f"model.fine_channels={self.fine_channels} must be at least 2")
