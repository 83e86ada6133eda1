"""The Depth Anything family: its builder and the files in which its weights are published."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.depth_anything.published import PUBLISHED
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.models.families.family import Family
from gradunc.models.parts.dpt_decoder import DPTDecoder, Reassembly
from gradunc.models.parts.heads import head_of
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.vision_transformer import VisionTransformerEncoder


def build(settings: DepthAnythingSettings) -> EncoderDecoder:
    """Transformer, decoder and head; `InputError` for a transformer or weights that cannot be had."""
    pretrained = Pretrained.parse(settings.pretrained)
    encoder = VisionTransformerEncoder(settings.transformer, pretrained, settings.taps, positions=settings.positions)
    own = settings.own_uncertainty
    decoder = DPTDecoder(
        encoder.channels,
        encoder.patch,
        settings.features,
        Reassembly(tuple(settings.channels)),
        0 if own is None else own.channels,
    )
    return EncoderDecoder(encoder, decoder, head_of(settings), settings)


DEPTH_ANYTHING = Family(build, PUBLISHED)
