"""Pictures that show nothing, or that the network sees much larger or smaller than they are."""

from collections.abc import Sequence

import numpy as np

from gradunc.data.inspection.finding import MOST, Finding
from gradunc.data.network_input import ENLARGED, SHRUNK, scale, scale_warning
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


def resize_findings(resizes: Sequence[tuple[Size | None, Size]]) -> list[Finding]:
    """What is said of the worst of the resizes of images of (H,W), None where that is not known, to (h,w)."""
    known = [(stored, size) for stored, size in resizes if stored is not None]
    said = scale_warning(*max(known, key=_excess)) if known else ""
    return [Finding(said)] if said else []


def _excess(resize: tuple[Size, Size]) -> float:
    """How far a resize goes, above 1 = too far."""
    factor = scale(*resize)
    return max(factor / ENLARGED, 1 / (factor * SHRUNK))
