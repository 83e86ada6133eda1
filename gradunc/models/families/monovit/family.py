"""MonoViT: its builder and the files in which its weights are published."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.family import Family, PublishedWeights, Variant
from gradunc.models.families.monovit.decoder import MonoViTDecoder
from gradunc.models.families.monovit.encoder import MPViTEncoder
from gradunc.models.families.monovit.published import convert, recognise, settings
from gradunc.models.families.monovit.settings import MonoViTSettings
from gradunc.models.parts.heads import head_of


def build(settings: MonoViTSettings) -> EncoderDecoder:
    """Encoder, decoder and head."""
    own = settings.own_uncertainty
    encoder = MPViTEncoder(
        settings.encoder_channels, settings.encoder_layers, settings.encoder_paths, settings.drop_path
    )
    decoder = MonoViTDecoder(
        encoder.channels, settings.row_channels, 0 if own is None else own.channels, settings.dropout
    )
    return EncoderDecoder(encoder, decoder, head_of(settings), settings)


LICENCE = "MIT as its repository, which states none for the weights themselves"
VARIANTS = {"monovit": Variant("MonoViT, sigmoid disparity", {}, LICENCE)}
MONOVIT = Family(
    build,
    PublishedWeights("MonoViT", ("encoder.pth", "depth.pth"), recognise, settings, convert, VARIANTS, "monovit"),
)
