"""The window of the images that is trained on, `data.augmentation.crop`, against the network."""

from collections.abc import Sequence

from gradunc.errors import InputError
from gradunc.models import EncoderDecoder
from gradunc.models.accepted_sizes import reason_against


def check_window(model: EncoderDecoder, crop: Sequence[int] | None) -> None:
    """Raise `InputError` for a window beyond the images, or one that the network would have to pad or cannot take."""
    if crop is None:
        return
    given = f"data.augmentation.crop=[{crop[0]},{crop[1]}]"
    if any(side > whole for side, whole in zip(crop, model.size, strict=True)):
        raise InputError(f"{given} is larger than model.size=[{model.size[0]},{model.size[1]}]; make it smaller")
    if any(side % model.multiple for side in crop):
        raise InputError(f"{given} must be multiples of {model.multiple}")
    reason = reason_against(model, (crop[0], crop[1]))
    if reason is not None:
        raise InputError(f"{given}: {model.settings.title()} cannot take images of that size ({reason}); omit it")
