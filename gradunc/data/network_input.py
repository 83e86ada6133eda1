"""Whether the size at which a network sees images is far from theirs, in shape or in scale."""

import math

from gradunc.types import Size

STRETCHED = 1.5
"""Factor between two aspects (width over height) that is worth a word: things have other proportions than before. How
much that costs a network that is trained already: benchmarks/network_input.py."""

ENLARGED, SHRUNK = 1.5, 8.0
"""Factors of scale beyond which a resize invents pixels, or loses what is small."""

STEP = 32
"""Sizes that are proposed are multiples of this number of pixels: what most networks take."""


def stretch(image: Size, size: Size) -> float:
    """Factor, at least 1, between the aspects of an image and of what it is resized to; both (H,W).

    >>> stretch((100, 400), (100, 100)), stretch((100, 100), (100, 400)), stretch((375, 1242), (375, 1242))
    (4.0, 4.0, 1.0)
    """
    factor = image[1] * size[0] / (image[0] * size[1])
    return max(factor, 1 / factor)


def scale(image: Size, size: Size) -> float:
    """Factor between the sides of an image and of what it is resized to, in the mean of both; above 1 = enlarged.

    >>> scale((100, 100), (50, 200)), scale((100, 100), (300, 300))
    (1.0, 3.0)
    """
    return math.sqrt(size[0] * size[1] / (image[0] * image[1]))


def near_size(image: Size, size: Size) -> Size:
    """The (h,w) near the largest in the image's shape that lies within `size`; never beyond it, but at least 32.

    >>> near_size((375, 1242), (192, 640)), near_size((480, 640), (192, 640)), near_size((800, 600), (64, 224))
    ((192, 640), (192, 256), (64, 64))
    >>> near_size((600, 600), (560, 560))
    (544, 544)
    """
    factor = min(size[0] / image[0], size[1] / image[1])
    height, width = (min(_stepped(side * factor), _floored(most)) for side, most in zip(image, size, strict=True))
    return height, width


def stretch_warning(image: Size, size: Size, trained: Size | None = None) -> str:
    """What to say of a resize that stretches; "" where it hardly does.

    Args:
        image: (H,W) of the stored image.
        size: (h,w) at which the network sees it.
        trained: (h,w) at which it saw those of its training, if that is known.
    """
    factor = stretch(image, size)
    if factor <= STRETCHED:
        return ""
    return (
        f"images of {_text(image)} pixels (height x width) are stretched {factor:.1f} times when they are resized to "
        f"{_text(size)}; {_advice(image, size, trained or size)}"
    )


def _advice(image: Size, size: Size, trained: Size) -> str:
    """What to do instead, as far as it was better when it was measured (benchmarks/network_input.py).

    A narrower image at the scale of the training was; one with as many pixels as in the training, and so magnified, was
    worse than a stretched one. Of wider images the stretched ones were best.
    """
    if stretch(image, trained) <= STRETCHED:
        return f"near in shape: {_text(trained)}, the size of the training"
    near = near_size(image, trained)
    if image[1] * trained[0] < image[0] * trained[1] and stretch(image, near) < stretch(image, size):
        return f"near in shape: {_text(near)}"
    return "crop them to that shape, or train at another size"


def scale_warning(image: Size, size: Size) -> str:
    """What to say of a resize that invents pixels or loses most of them; "" where it does neither.

    Args:
        image: (H,W) of the stored image.
        size: (h,w) at which the network sees it.
    """
    factor = scale(image, size)
    if factor > ENLARGED:
        near = _stepped(image[0]), _stepped(image[1])
        what = f"enlarged {factor:.1f} times to {_text(size)}, which costs time and adds no detail"
    elif factor < 1 / SHRUNK:
        near = _stepped(image[0] / SHRUNK + STEP / 2), _stepped(image[1] / SHRUNK + STEP / 2)
        what = f"shrunk {1 / factor:.1f} times to {_text(size)}, where small things disappear"
    else:
        return ""
    return f"images of {_text(image)} pixels (height x width) are {what}; near in scale: {_text(near)}"


def _stepped(side: float) -> int:
    return max(STEP, round(side / STEP) * STEP)


def _floored(side: int) -> int:
    return max(STEP, side // STEP * STEP)


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
