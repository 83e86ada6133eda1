"""Lite-Mono: its builder and the files in which its weights are published."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.family import Family, PublishedWeights, Variant
from gradunc.models.families.lite_mono.decoder import LiteMonoDecoder
from gradunc.models.families.lite_mono.encoder import LiteMonoEncoder
from gradunc.models.families.lite_mono.published import convert, recognise, settings
from gradunc.models.families.lite_mono.settings import LiteMonoSettings
from gradunc.models.parts.heads import head_of


def build(settings: LiteMonoSettings) -> EncoderDecoder:
    """Encoder, decoder and head."""
    own = settings.own_uncertainty
    encoder = LiteMonoEncoder(settings.sizes, settings.dilation, settings.drop_path)
    decoder = LiteMonoDecoder(encoder.channels, 0 if own is None else own.channels, settings.dropout)
    return EncoderDecoder(encoder, decoder, head_of(settings), settings)


LICENCE = "MIT as its repository, which states none for the weights themselves"
VARIANTS = {"lite_mono": Variant("Lite-Mono, sigmoid disparity", {}, LICENCE)}
LITE_MONO = Family(
    build,
    PublishedWeights("Lite-Mono", ("encoder.pth", "depth.pth"), recognise, settings, convert, VARIANTS, "lite_mono"),
)
