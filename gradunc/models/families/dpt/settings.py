"""Settings of the DPT family."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.errors import InputError, unknown
from gradunc.models.families.transformer_settings import TransformerSettings
from gradunc.options import option

FUSIONS = ("dpt", "midas", "midas_small")


@dataclass
class DPTSettings(TransformerSettings):
    """A transformer, its tokens joined with the class token, and the decoder of dense prediction transformers.

    The defaults are DPT large.
    """

    STRUCTURE: ClassVar[tuple[str, ...]] = (
        *TransformerSettings.STRUCTURE, "taps", "channels", "fusion",
    )  # fmt: skip

    architecture: str = option("dpt", "network family, a name of the registry FAMILIES")
    transformer: str = option(
        "vit_large_patch16_384",
        "a timm backbone: a vision transformer, a BEiT, one on a ResNet, or with taps=[] a pyramid",
    )
    taps: list[int] = option(
        [5, 11, 17, 23],
        "the four blocks whose tokens the decoder sees, from 0, or on a ResNet two; empty: the maps of the backbone at "
        "1/4 to 1/32",
    )
    features: int = option(256, "decoder width")
    channels: list[int] = option([256, 512, 1024, 1024], "channels of the four maps before they become `features`")
    fusion: str = option(
        "dpt",
        "version of the decoder: dpt; of MiDaS 2.1: midas (no 1x1 convolutions), midas_small (width doubles at every "
        "coarser map)",
        choices=FUSIONS,
    )

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if self.fusion not in FUSIONS:
            raise unknown("model.fusion", self.fusion, FUSIONS)
        if len(self.taps) not in (0, 2, 4) or len(self.channels) != 4 or min(self.channels) < 1:
            raise InputError(
                f"model.taps={self.taps} must be four blocks (two on a ResNet, none of a pyramid), and "
                f"model.channels={self.channels} four numbers"
            )
