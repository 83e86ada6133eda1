"""What every network and estimator demands of a batch of images."""

from torch import Tensor

from gradunc.errors import InputError


def check_image(image: Tensor) -> None:
    """Raise `InputError` unless `image` is (B,3,H,W) float with at least one image; its range is not looked at."""
    if image.ndim != 4 or image.shape[1] != 3 or len(image) == 0 or not image.is_floating_point():
        raise InputError(
            f"image must be (B,3,H,W) float in [0,1], but is {tuple(image.shape)} {image.dtype}; "
            "divide 8-bit images by 255 and add the batch axis"
        )
