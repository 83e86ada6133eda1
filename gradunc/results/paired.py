"""How far each method is behind the best one on the same images: the spread between images cancels out."""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from gradunc.metrics import ImageRows
from gradunc.metrics.functional import SPARSIFIED
from gradunc.metrics.intervals import Interval
from gradunc.results.per_image import PerImage


class Behind(NamedTuple):
    """A mean difference."""

    mean: float
    interval: Interval | None
    """95%, over the units of the data set; None with too few of them."""


def behind_best(per_image: PerImage, areas: Mapping[str, ImageRows]) -> dict[str, dict[str, Behind]]:
    """Method -> error -> AUSE minus that of the best method, over the images that both have.

    The best one has the smallest mean AUSE of those that score the most images: on easy images alone any is good.
    The interval of a difference of pairs says whether two methods differ; those of the two means overlap far too often.
    That of the best one itself is without width. It was chosen by these figures, so that the others look a little worse
    than they are.

    Args:
        per_image: the images.
        areas: method -> AUSE and AURG of each image.
    """
    values = {name: per_image.at(rows) for name, rows in areas.items()}
    found: dict[str, dict[str, Behind]] = {name: {} for name in areas}
    for error in SPARSIFIED:
        columns = {name: values[name][:, rows.names.index(f"ause_{error}")] for name, rows in areas.items()}
        best = min(columns, key=lambda name: (int(columns[name].isnan().sum()), _mean(columns[name])))
        differences = torch.stack([column - columns[best] for column in columns.values()], 1)
        intervals = per_image.resampling.of_means(differences) if per_image.resampling.enough else [None] * len(columns)
        for place, (name, interval) in enumerate(zip(columns, intervals, strict=True)):
            found[name][error] = Behind(float(differences[:, place].nanmean()), interval)
    return found


def _mean(values: torch.Tensor) -> float:
    mean = float(values.nanmean())
    return mean if mean == mean else float("inf")
