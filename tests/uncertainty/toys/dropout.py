"""Needs modules in another mode than eval: dropout layers that are sampled, seeded by the content of each image."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gradunc.options import option
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty.asking import ask
from gradunc.uncertainty.checks import check_input, usable
from gradunc.uncertainty.draws import image_seeds, seeded
from gradunc.uncertainty.estimates import joined
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.session import evaluation
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Settings(EstimatorSettings):
    """Dropout that is sampled."""

    needs: ClassVar[tuple[str, ...]] = ("retraining", "samples")
    method: str = option("dropout", "the estimator")
    samples: int = option(4, "forward passes")


def is_dropout(module: nn.Module) -> bool:
    return isinstance(module, nn.Dropout)


class Dropout:
    needs_grad = False
    scale = Scale("std", "m", "depth")

    def __init__(self, model: nn.Module, samples: int) -> None:
        self.model, self.samples = model, samples

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        check_input(image, mask)
        image = usable(image)
        masks = [None] * len(image) if mask is None else mask.split(1)
        return joined([self._one(one, keep) for one, keep in zip(image.split(1), masks, strict=True)])

    def _one(self, image: Tensor, mask: Tensor | None) -> UncertaintyEstimate:
        with evaluation(self.model):
            depth = plain(self.model, image).depth
        with evaluation(self.model, training=is_dropout), seeded(image_seeds(0, image)[0], image.device):
            std = torch.stack([ask(self.model, image).depth for _ in range(self.samples)]).std(0)
        return UncertaintyEstimate(depth, std, std.isfinite() if mask is None else mask)


def build(settings: Settings, parts: Parts) -> Dropout:
    return Dropout(parts.model, settings.samples)
