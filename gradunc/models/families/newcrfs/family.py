"""The NeWCRFs family: its builder and the files in which its weights are published."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.family import Family
from gradunc.models.families.newcrfs.decoder import STRIDE, NeWCRFsDecoder
from gradunc.models.families.newcrfs.published import PUBLISHED
from gradunc.models.families.newcrfs.settings import NeWCRFsSettings
from gradunc.models.parts.heads import UpsampledHead, head_of
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.swin_encoder import SwinEncoder


def build(settings: NeWCRFsSettings) -> EncoderDecoder:
    """Transformer, decoder and head; `InputError` for a transformer or weights that cannot be had."""
    encoder = SwinEncoder(settings.transformer, Pretrained.parse(settings.pretrained))
    own = settings.own_uncertainty
    decoder = NeWCRFsDecoder(
        encoder.channels, settings.features, settings.attention_heads, 0 if own is None else own.channels
    )
    return EncoderDecoder(encoder, decoder, UpsampledHead(head_of(settings), STRIDE), settings)


NEWCRFS = Family(build, PUBLISHED)
