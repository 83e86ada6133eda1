"""What an evaluation notes of every image beside its errors."""

from collections.abc import Mapping, Sequence
from typing import Any

import lightning as L
from torch import Tensor

from gradunc.callbacks.processes import gather
from gradunc.metrics import Compared
from gradunc.results.per_image import NO_PIXEL, NO_TRUTH, ImageRecord
from gradunc.types import UncertaintyEstimate


class ImageLog:
    """Records of the images of one pass."""

    def __init__(self) -> None:
        self.records: list[ImageRecord] = []
        """Of this process."""

    def begin(self) -> None:
        """A new pass."""
        self.records = []

    def add(
        self,
        batch: Mapping[str, Any],
        numbers: Sequence[int],
        compared: Sequence[Compared] | None,
        estimates: Mapping[str, UncertaintyEstimate],
    ) -> None:
        """Note the images of a batch.

        Args:
            batch: with `path`, `scene` and `index` where the data set knows them.
            numbers: of its images.
            compared: what was compared of each; None for a batch without true depth.
            estimates: estimator -> what it says of the batch.
        """
        scores = {name: mean_scores(estimate) for name, estimate in estimates.items()}
        indices = batch["index"].tolist() if "index" in batch else None
        for place, number in enumerate(numbers):
            counted = Compared(0, 0) if compared is None else compared[place]
            why = NO_TRUTH if compared is None else "" if counted.pixels else NO_PIXEL
            record = ImageRecord(
                number,
                name=str(batch["path"][place] if "path" in batch else number),
                index=None if indices is None else indices[place],
                scene=str(batch["scene"][place]) if "scene" in batch else None,
                pixels=counted.pixels,
                non_finite=counted.non_finite,
                scores={name: values[place] for name, values in scores.items()},
                left_out=why,
            )
            self.records.append(record)

    def gather(self, trainer: L.Trainer) -> list[ImageRecord]:
        """Those of all processes, in every process."""
        return [record for records in gather(trainer, self.records) for record in records]


def mean_scores(estimate: UncertaintyEstimate) -> list[float]:
    """(B,) mean of each image's score over the pixels where it is known, in float64; NaN without any."""
    # Not every device has float64.
    known: Tensor = estimate.valid.flatten(1).cpu()
    values = estimate.uncertainty.flatten(1).cpu().double().where(known, 0.0)
    return (values.sum(1) / known.sum(1)).tolist()
