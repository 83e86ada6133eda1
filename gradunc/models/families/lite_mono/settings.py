"""Settings of Lite-Mono."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from gradunc.errors import InputError
from gradunc.models.settings import DropoutModelSettings
from gradunc.options import PART, option


class Sizes(NamedTuple):
    """What differs among the published networks."""

    channels: tuple[int, ...]
    """At 1/4, 1/8 and 1/16 of the resolution."""
    blocks: tuple[int, ...]
    """Of each stage, the last one of them with attention."""


VARIANTS = {
    "lite-mono": Sizes((48, 80, 128), (4, 4, 10)),
    "lite-mono-small": Sizes((48, 80, 128), (4, 4, 7)),
    "lite-mono-tiny": Sizes((32, 64, 128), (4, 4, 7)),
    "lite-mono-8m": Sizes((64, 128, 224), (4, 4, 10)),
}
DILATIONS = (3, 5)


@dataclass
class LiteMonoSettings(DropoutModelSettings):
    """Lite-Mono (Zhang et al., CVPR 2023): 2 to 9 million parameters, three scales."""

    STRUCTURE: ClassVar[tuple[str, ...]] = (*DropoutModelSettings.STRUCTURE, "variant", "dilation")

    architecture: str = option("lite_mono", "network family, a name of the registry FAMILIES")
    variant: str = option(
        "lite-mono", "lite-mono, lite-mono-small, lite-mono-tiny or lite-mono-8m", choices=tuple(VARIANTS)
    )
    dilation: int = option(
        3, "largest dilation of a group of three convolutions: 3 (published at 640x192) or 5 (at 1024x320, not 8m)"
    )
    drop_path: float = option(0.2, "share of images for which the deepest block is left out while training", rule=PART)

    @property
    def sizes(self) -> Sizes:
        """Channels and blocks of the variant."""
        return VARIANTS[self.variant]

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if self.variant not in VARIANTS:
            raise InputError(f"model.variant='{self.variant}' must be one of: {', '.join(VARIANTS)}")
        if self.dilation not in DILATIONS:
            raise InputError(f"model.dilation={self.dilation} must be 3 (published at 640x192) or 5 (at 1024x320)")
        if not PART.holds(self.drop_path):
            raise InputError(f"model.drop_path={self.drop_path} {PART.message(self.drop_path)}")

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.variant={self.variant}"
