"""How near, how far and how far on the whole the true depth of a data set is, told by a few samples."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.data.loading.failures import Checked
from gradunc.data.loading.mixture import Mixture, apportion
from gradunc.data.loading.sampling import evenly_spread
from gradunc.types import Sample

SAMPLES = 24
"""Samples that are looked at."""

PIXELS = 20_000
"""Known pixels of each that count, so that a dense map has no more weight than a larger one."""

QUANTILES = (0.1, 99.9)
"""Of the true depth [%], beyond which outliers of sensors lie."""


class DepthRange(NamedTuple):
    """Of the true depth of samples [m]."""

    low: float
    median: float
    high: float
    samples: int
    """How many had any."""


def depth_range(data: Any, count: int = SAMPLES, taught: Callable[[Sample], Sample] | None = None) -> DepthRange | None:
    """Quantiles of the true depth of a training split; None if no sample that is looked at has any.

    Args:
        data: the split, or a mixture, whose parts are looked at by their weights.
        count: most samples to look at, evenly spread.
        taught: gives a sample the depth that it is trained on, where that is not the true one.

    Raises:
        InputError: the machine, not a file, is at fault; samples that cannot be read are left out.
    """
    known = [depths for depths in _known(data, count, taught) if len(depths)]
    if not known:
        return None
    pooled = np.concatenate(known).astype(np.float64)
    low, high = np.percentile(pooled, QUANTILES)
    return DepthRange(float(low), float(np.median(pooled)), float(high), len(known))


def _known(data: Any, count: int, taught: Callable[[Sample], Sample] | None) -> Iterator[NDArray[np.float32]]:
    """The known depths of each sample [m], at most `PIXELS` of it."""
    if isinstance(data, Mixture):
        for part, share in zip(data.parts.values(), apportion(count, data.weights), strict=True):
            if share:
                yield from _known(part, share, taught)
        return
    delivered = Checked(data, substitute=False)
    for index in sorted(evenly_spread(len(data), count)):
        sample, _ = delivered[index]
        if sample is not None and taught is not None:
            sample = taught(sample)
        if sample is None or "depth" not in sample:
            continue
        depth = sample["depth"]
        valid = sample.get("valid", depth > 0) & depth.isfinite() & (depth > 0)
        depths = depth[valid].numpy()
        yield depths[:: 1 + len(depths) // PIXELS]
