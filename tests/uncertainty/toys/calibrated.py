"""Wraps another estimator: its score times the factor that makes it the mean absolute error of the validation data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from gradunc.options import option
from gradunc.types import Sample, Scale, Split, UncertaintyEstimate, UncertaintyEstimator
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Settings(EstimatorSettings):
    """A score in metres."""

    needs: ClassVar[tuple[str, ...]] = ("fitting",)
    method: str = option("calibrated", "the estimator")
    of: str = option("gradient", "name of the estimator that is calibrated")


class Calibrated:
    scale = Scale("std", "m", "depth")
    fit_split: Split = "val"

    def __init__(self, inner: UncertaintyEstimator) -> None:
        self.inner, self.wraps = inner, (inner,)
        self.needs_grad = inner.needs_grad
        self.factor: Tensor | None = None

    @property
    def is_fitted(self) -> bool:
        return self.factor is not None

    def fit(self, batches: Iterable[Sample]) -> None:
        errors, scores = [], []
        for batch in batches:
            estimate = self.inner.estimate(batch["image"])
            errors.append((estimate.depth - batch["depth"]).abs()[batch["valid"]].mean())
            scores.append(estimate.uncertainty[estimate.valid].mean())
        self.factor = torch.stack(errors).mean() / torch.stack(scores).mean()

    def learned(self) -> Mapping[str, Tensor]:
        return {} if self.factor is None else {"factor": self.factor}

    def restore(self, learned: Mapping[str, Tensor]) -> None:
        self.factor = learned["factor"]

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        estimate = self.inner.estimate(image, mask=mask, **inputs)
        return estimate._replace(uncertainty=estimate.uncertainty * self.factor)


def build(settings: Settings, parts: Parts) -> Calibrated:
    return Calibrated(parts.estimator(settings.of))
