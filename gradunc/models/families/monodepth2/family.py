"""The Monodepth2 family: its builder and the files in which its weights are published."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.family import Family, PublishedWeights, Variant
from gradunc.models.families.monodepth2.decoder import Monodepth2Decoder
from gradunc.models.families.monodepth2.published import convert, recognise, settings
from gradunc.models.families.monodepth2.settings import Monodepth2Settings
from gradunc.models.parts.heads import head_of
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder


def build(settings: Monodepth2Settings) -> EncoderDecoder:
    """Backbone, decoder and head; `InputError` for a backbone or weights that cannot be had."""
    pretrained = Pretrained.parse(settings.pretrained)
    encoder = TimmEncoder(settings.encoder, pretrained, (settings.size[0], settings.size[1]))
    own = settings.own_uncertainty
    decoder = Monodepth2Decoder(
        encoder.channels, settings.decoder_channels, 0 if own is None else own.channels, settings.dropout
    )
    return EncoderDecoder(encoder, decoder, head_of(settings), settings)


LICENCE = "that of Monodepth2, non-commercial use only"
VARIANTS = {
    "monodepth2": Variant("Monodepth2's layout", {}, LICENCE),
    "grumodepth_nyu": Variant("GrUMoDepth for NYU", {"head": "depth", "ambiguity": "metric"}, LICENCE),
}
MONODEPTH2 = Family(
    build,
    PublishedWeights(
        "Monodepth2 ResNet", ("encoder.pth", "depth.pth"), recognise, settings, convert, VARIANTS, "monodepth2"
    ),
)
