"""The AdaBins family: its builder and the files in which its weights are published."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.adabins.decoder import STRIDE, AdaBinsDecoder
from gradunc.models.families.adabins.published import PUBLISHED
from gradunc.models.families.adabins.settings import AdaBinsSettings
from gradunc.models.families.family import Family
from gradunc.models.parts.heads import BinsHead, UpsampledHead
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder


def build(settings: AdaBinsSettings) -> EncoderDecoder:
    """Backbone, decoder and head; `InputError` for a backbone or weights that cannot be had."""
    encoder = TimmEncoder(settings.encoder, Pretrained.parse(settings.pretrained), (settings.size[0], settings.size[1]))
    head = UpsampledHead(BinsHead(*settings.depth_range, settings.bins), STRIDE, corners=True)
    return EncoderDecoder(encoder, AdaBinsDecoder(encoder.channels, settings), head, settings)


ADABINS = Family(build, PUBLISHED)
