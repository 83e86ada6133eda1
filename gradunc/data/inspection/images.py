"""Pictures that show nothing."""

from collections.abc import Sequence

import numpy as np

from gradunc.data.inspection.finding import MOST, Finding

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
