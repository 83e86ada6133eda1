"""Pictures that show nothing, or that the network sees much larger or smaller than they are."""

from collections.abc import Sequence

import numpy as np

from gradunc.data.inspection.finding import MOST, Finding
from gradunc.data.network_input import scale_warning
from gradunc.types import Size

EVEN = 0.5 / 255
"""Standard deviation of an image in [0,1] below which it has one colour."""


def constant_findings(contrasts: Sequence[float]) -> list[Finding]:
    """Standard deviations of images, each the mean over the colours."""
    even = float(np.mean(np.asarray(contrasts) < EVEN))
    if even < MOST:
        return []
    return [
        Finding(
            f"{even:.0%} of {len(contrasts)} images have one colour only: were they stored empty, or are they the "
            "start of a film? Remove them",
            even == 1,
        )
    ]


def scale_findings(stored: Size | None, size: Size) -> list[Finding]:
    """What is said of images of (H,W) that are resized to (h,w); nothing where the first is not known."""
    said = "" if stored is None else scale_warning(stored, size)
    return [Finding(said)] if said else []
