"""True depth in another unit, of another meaning or with lost values. All are thresholds on ordinary scenes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradunc.data.inspection.finding import Finding
from gradunc.data.inspection.planes import Votes
from gradunc.data.recorded.shape import is_resized

UNITS = (0.1, 300.0)
"""Median depth of scenes [m]."""

FACTORS = {1000.0: "millimetres", 100.0: "centimetres", 0.001: "kilometres", 256.0: "KITTI's 1/256 m"}
"""How many units of what a metre is."""

LEAST_KNOWN = 0.001
"""Share of the pixels with known depth. Measured: 0.3% for the 32 beams of nuScenes, 4% for KITTI's 64."""

LARGEST_STORED = 65535
"""The largest number of a 16-bit file, by which many programs mean "unknown" or "out of range"."""

SCALES = (1.0, 10.0, 100.0, 256.0, 500.0, 1000.0, 4000.0, 5000.0, 10000.0)
"""Usual units per metre of 16-bit files."""

MOST_VALUES = 300_000
"""Values of a map that are told apart; more would cost seconds."""

LEAST_VOTES, MOST_VOTES = 5, 0.75
"""How many patches must vote, and which share of them for inverse depth."""


def unit_findings(median: float) -> list[Finding]:
    """A median depth [m] that is none."""
    if UNITS[0] <= median <= UNITS[1]:
        return []
    likely = [(unit, name) for unit, name in FACTORS.items() if 0.5 <= median / unit <= 50]
    hint = f": probably {likely[0][1]}, so divide by {likely[0][0]:g}" if likely else ""
    return [
        Finding(f"the median depth is {median:.3g} m, which is the wrong unit{hint} (depth_scale = units per metre)")
    ]


def unknown_findings(depths: Sequence[NDArray[np.float32]]) -> list[Finding]:
    """Known depths, (N,) [m] of each image, among which the largest number of a 16-bit file counts as a distance.

    That many points at exactly that distance are no chance: of 100,000 points in a range of 80 m, in millimetres, one
    is expected there.
    """
    known = np.concatenate(depths)
    for scale in SCALES:
        value = np.float32(LARGEST_STORED) / np.float32(scale)
        share = float(np.mean(np.abs(known - value) < 1e-6 * value)) if known.size else 0.0
        if share > 0.001:
            return [
                Finding(
                    f"{share:.1%} of the known depth is exactly {value:.5g} m, the largest number of a 16-bit file "
                    f"(65535 / {scale:g}), which means unknown or out of range: write 0 there",
                    impossible=True,
                )
            ]
    return []


def value_findings(depths: Sequence[NDArray[np.float32]]) -> list[Finding]:
    """Depth maps, (N,) known values each, that have lost their resolution or their range."""
    dense = [depth for depth in depths if depth.size >= 5000]
    if not dense:
        return []
    counts = [len(np.unique(depth[:: 1 + depth.size // MOST_VALUES])) for depth in dense]
    clipped = [float((depth == depth.max()).mean()) for depth in dense]
    if np.median(counts) <= 256:
        return [
            Finding(
                f"depth has only {np.median(counts):.0f} different values per image: was it stored or converted with 8 "
                "bits?"
            )
        ]
    if np.median(clipped) > 0.05:
        far = float(np.median([depth.max() for depth in dense]))
        return [
            Finding(f"{np.median(clipped):.0%} of the depth is exactly its largest value, {far:.4g} m: clipped there?")
        ]
    return []


def coverage_findings(shares: Sequence[float]) -> list[Finding]:
    """Shares of the pixels with known depth."""
    if not shares or np.median(shares) >= LEAST_KNOWN:
        return []
    if not any(shares):
        return [Finding(f"not one pixel of {len(shares)} samples has a known depth: all are 0 or less", True)]
    return [
        Finding(
            f"only {np.median(shares):.2%} of the pixels have a known depth: do 0 and other values mean what they "
            "should?"
        )
    ]


def order_findings(correlations: Sequence[float]) -> list[Finding]:
    """Correlations of depth with the row, -0.2 to -0.8 in streets and rooms: what is low in an image is near."""
    if not correlations or np.mean(correlations) < 0.3:
        return []
    return [
        Finding("depth grows from the top of the images to the bottom: is it disparity, inverse depth or upside down?")
    ]


def inverse_findings(votes: Sequence[Votes]) -> list[Finding]:
    """Patches of depth maps that speak for depth or for inverse depth, see `planes`."""
    inverse, every = sum(one.inverse for one in votes), sum(sum(one) for one in votes)
    if every < LEAST_VOTES or inverse < MOST_VOTES * every:
        return []
    return [
        Finding(
            f"in {inverse} of {every} places the stored depth is linear in the image, as only the INVERSE depth of "
            "a ground or a wall is: inverse depth or disparity was stored as depth; convert it (depth = 1 / inverse "
            "depth, or focal length x baseline / disparity)"
        )
    ]


def shape_findings(image: tuple[int, int], depth: tuple[int, int]) -> list[Finding]:
    """Sizes (H,W) of an image and its depth that cannot show the same."""
    if is_resized(image, depth):
        return []
    return [
        Finding(
            f"images have {image[1]}x{image[0]} pixels and depth {depth[1]}x{depth[0]}: another shape, so one was "
            "cropped"
        )
    ]
