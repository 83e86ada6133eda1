"""From settings to a depth network, of whatever family."""

import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.family import family_of, settings_class
from gradunc.models.settings import ModelSettings


def build_model(settings: ModelSettings) -> EncoderDecoder:
    """A depth network with fresh (or pretrained encoder) weights, in the layout in which convolutions run fastest.

    Args:
        settings: of the family that `settings.architecture` names.

    Raises:
        InputError: an unknown name, settings of another family, or a value out of range.
    """
    settings.check()
    family, wanted = family_of(settings.architecture), settings_class(settings.architecture)
    if not isinstance(settings, wanted):
        raise InputError(
            f"model.architecture='{settings.architecture}' takes {wanted.__name__}, not {type(settings).__name__}"
        )
    model = family.build(settings)
    start = getattr(model.head, "start", None)
    if settings.initial_depth is not None:
        start = model.head.bias(settings.initial_depth)
    if start is not None:
        _start_at(model, start)
    return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def _start_at(model: EncoderDecoder, logit: float | list[float]) -> None:
    """Set the heads' bias so that an untrained network gives about this logit everywhere."""
    for head in model.scale_heads:
        assert isinstance(head, nn.Conv2d)
        assert head.bias is not None
        with torch.no_grad():
            # One number, or one for each channel.
            head.bias.copy_(torch.tensor(logit))
