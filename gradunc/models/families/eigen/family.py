"""The Eigen family: its builder. Nobody publishes weights in a form that is read."""

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.eigen.network import STRIDE, EigenDecoder, EigenEncoder
from gradunc.models.families.eigen.settings import EigenSettings
from gradunc.models.families.family import Family
from gradunc.models.parts.heads import UpsampledHead, head_of


def build(settings: EigenSettings) -> EncoderDecoder:
    """Both networks and the head."""
    own = settings.own_uncertainty
    decoder = EigenDecoder(
        (settings.size[0], settings.size[1]),
        settings.coarse_channels[-1],
        settings.global_features,
        settings.fine_channels,
        settings.dropout,
        0 if own is None else own.channels,
    )
    encoder = EigenEncoder(settings.coarse_channels, settings.fine_channels)
    return EncoderDecoder(encoder, decoder, UpsampledHead(head_of(settings), STRIDE), settings)


EIGEN = Family(build)
