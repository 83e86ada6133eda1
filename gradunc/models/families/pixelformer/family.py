"""The PixelFormer family: its builder and the files in which its weights are published."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.family import Family
from gradunc.models.families.pixelformer.decoder import STRIDE, PixelFormerDecoder
from gradunc.models.families.pixelformer.published import PUBLISHED
from gradunc.models.families.pixelformer.settings import PixelFormerSettings
from gradunc.models.parts.heads import BinsHead, UpsampledHead
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.swin_encoder import SwinEncoder


def build(settings: PixelFormerSettings) -> EncoderDecoder:
    """Transformer, decoder and head; `InputError` for a transformer or weights that cannot be had."""
    encoder = SwinEncoder(settings.transformer, Pretrained.parse(settings.pretrained))
    head = BinsHead(*settings.depth_range, settings.bins)
    return EncoderDecoder(
        encoder, PixelFormerDecoder(encoder.channels, settings), UpsampledHead(head, STRIDE), settings
    )


PIXELFORMER = Family(build, PUBLISHED)
