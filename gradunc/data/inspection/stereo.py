"""Stereo pairs that are not rectified, exchanged, or at a distance that no rig has."""

from collections.abc import Sequence

import numpy as np

from gradunc.data.inspection.finding import MOST, Finding
from gradunc.data.inspection.pairs import PairShifts

BASELINES = (0.001, 10.0)
"""Distance of the cameras of common stereo rigs [m]."""

ROWS = (1.0, 0.001)
"""Median distance of the rows of a rectified pair: pixels of the stored images, or share of their longer side.
Measured: at most 0.4 of 1242 pixels for KITTI, 0.1 of 1282 for Aloe."""

WRONG = 0.8
"""Share of the places of a pair on the wrong side from which its views are exchanged. Measured: 0.96 to 1 for exchanged
pairs of KITTI, at most 0.04 for others."""


def baseline_findings(baselines: Sequence[float]) -> list[Finding]:
    """Distances of the cameras [m], of each pair."""
    if not baselines:
        return []
    length = float(np.median(baselines))
    if length == 0:
        return [Finding("the baseline is 0 m: both cameras at one place; correct the calibration", True)]
    if BASELINES[0] <= length <= BASELINES[1]:
        return []
    hint = f", probably in millimetres ({length / 1000:.4g} m)" if length > BASELINES[1] else ""
    return [Finding(f"the baseline is {length:.4g} m{hint}; the calibration needs metres")]


def row_findings(pairs: Sequence[PairShifts], longest: float) -> list[Finding]:
    """Stereo pairs, in pixels of stored images of that longer side, whose rows do not meet."""
    if not pairs:
        return []
    distance = float(np.median([np.median(np.abs(pair.down)) for pair in pairs]))
    if distance <= max(ROWS[0], ROWS[1] * longest):
        return []
    low, high = np.percentile(np.concatenate([pair.down for pair in pairs]), [5, 95])
    roll = float(np.median([pair.roll() for pair in pairs]))
    turned = f", turned by {roll:.1f} degrees" if abs(roll) >= 0.1 else ""
    return [
        Finding(
            f"the two views are not rectified: their rows differ by {distance:.1f} pixels (median of {len(pairs)} "
            f"pairs; 5% to 95% of the places: {low:.1f} to {high:.1f}{turned}); rectify the images, as "
            "docs/data/stereo.md shows"
        )
    ]


def side_findings(wrong: Sequence[float]) -> list[Finding]:
    """Shares of the places of stereo pairs that lie on the wrong side in the other view (see `pairs`).

    A point at any distance is seen further left from the right. On the wrong side it would be behind the cameras.
    """
    if not wrong:
        return []
    swapped = float(np.mean(np.asarray(wrong) >= WRONG))
    if swapped < MOST:
        return []
    return [
        Finding(
            f"the other camera fits better on the other side in {swapped:.0%} of the samples: left and right swapped? "
            "Exchange them (or state doffs, if the principal points differ)",
            swapped == 1,
        )
    ]
