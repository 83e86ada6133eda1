"""Needs fitting: how far each pixel's colour is from those of the training images, in standard deviations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gradunc.options import option
from gradunc.types import Sample, Scale, Split, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input, usable
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.session import evaluation
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Settings(EstimatorSettings):
    """Distance from the training colours."""

    needs: ClassVar[tuple[str, ...]] = ("fitting",)
    method: str = option("density", "the estimator")
    smallest: float = option(1e-3, "least standard deviation")


class Density:
    needs_grad = False
    scale = Scale("score")
    fit_split: Split = "train"

    def __init__(self, model: nn.Module, smallest: float) -> None:
        self.model, self.smallest, self.state = model, smallest, dict[str, Tensor]()

    @property
    def is_fitted(self) -> bool:
        return bool(self.state)

    def fit(self, batches: Iterable[Sample]) -> None:
        colours = torch.cat([batch["image"].movedim(1, -1).flatten(0, 2) for batch in batches])
        self.state = {"mean": colours.mean(0), "std": colours.std(0).clamp_min(self.smallest)}

    def learned(self) -> Mapping[str, Tensor]:
        return self.state

    def restore(self, learned: Mapping[str, Tensor]) -> None:
        self.state = dict(learned)

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        check_input(image := usable(image), mask)
        mean, std = (self.state[name].to(image)[:, None, None] for name in ("mean", "std"))
        score = ((image - mean) / std).norm(dim=1, keepdim=True)
        with evaluation(self.model):
            depth = plain(self.model, image).depth
        return UncertaintyEstimate(depth, score, score.isfinite() if mask is None else mask)


def build(settings: Settings, parts: Parts) -> Density:
    return Density(parts.model, settings.smallest)
