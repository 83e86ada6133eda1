"""The DPT family: its builder and the files in which its weights are published."""

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.dpt.beit import BEiTEncoder, is_beit
from gradunc.models.families.dpt.hybrid import FIRST_STAGES, HybridEncoder
from gradunc.models.families.dpt.midas21 import MIDAS21
from gradunc.models.families.dpt.published import PUBLISHED
from gradunc.models.families.dpt.settings import DPTSettings
from gradunc.models.families.family import Family
from gradunc.models.parts.dpt_decoder import LEVELS, DPTDecoder, Form, Reassembly
from gradunc.models.parts.heads import head_of
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder
from gradunc.models.parts.vision_transformer import VisionTransformerEncoder

HALF = (0.5, 0.5, 0.5)
"""Mean and standard deviation of the input of every published DPT."""
STRIDE = 32
"""Of the deepest of the four maps that the decoder fuses."""
FORMS = {
    "dpt": Form(),
    "midas": Form(plain=True, corners=False),
    "midas_small": Form(growth=2, corners=False),
}
"""`model.fusion` -> how the decoder is built."""


class Pyramid(nn.Module):
    """The maps of a timm backbone at 1/4, 1/8, 1/16 and 1/32."""

    def __init__(self, name: str, pretrained: Pretrained, size: tuple[int, int]) -> None:
        super().__init__()
        self.backbone = TimmEncoder(name, pretrained, size)
        self.mean, self.std, self.multiple = self.backbone.mean, self.backbone.std, self.backbone.multiple
        self.channels = self.backbone.channels[-LEVELS:]
        if not all(self.channels):
            raise InputError(f"model.transformer={name} has no maps at 1/4, 1/8, 1/16 and 1/32, which taps=[] needs")

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,3,H,W) -> four maps, fine to coarse."""
        return self.backbone(image)[-LEVELS:]


def _encoder(settings: DPTSettings) -> Pyramid | VisionTransformerEncoder:
    pretrained = Pretrained.parse(settings.pretrained)
    name, taps = settings.transformer, settings.taps
    if not taps:
        return Pyramid(name, pretrained, (settings.size[0], settings.size[1]))
    if len(taps) == LEVELS - FIRST_STAGES:
        return HybridEncoder(name, pretrained, taps)
    if is_beit(name):
        return BEiTEncoder(name, pretrained, taps)
    return VisionTransformerEncoder(
        name, pretrained, taps, positions="bilinear", norm=False, readout=True, multiple=STRIDE
    )


def build(settings: DPTSettings) -> EncoderDecoder:
    """Transformer, decoder and head; `InputError` for a transformer or weights that cannot be had."""
    encoder = _encoder(settings)
    reassembly, stride = None, STRIDE
    if isinstance(encoder, VisionTransformerEncoder):
        ready = FIRST_STAGES if isinstance(encoder, HybridEncoder) else 0
        reassembly, stride = Reassembly(tuple(settings.channels), readout=True, pyramid=ready), encoder.patch
    encoder.mean = encoder.std = HALF
    own, form = settings.own_uncertainty, FORMS[settings.fusion]
    told = 0 if own is None else own.channels
    decoder = DPTDecoder(encoder.channels, stride, settings.features, reassembly, told, form)
    return EncoderDecoder(encoder, decoder, head_of(settings), settings)


DPT = Family(build, PUBLISHED, (MIDAS21,))
