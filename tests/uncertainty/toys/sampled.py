"""Draws samples: the spread of the depths of noisy images; shares the plain and the mirrored prediction with others."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gradunc.options import option
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty.asking import ask
from gradunc.uncertainty.checks import check_input, usable
from gradunc.uncertainty.draws import Draws, image_seeds
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import mirrored, plain
from gradunc.uncertainty.session import evaluation
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Settings(EstimatorSettings):
    """Samples of noisy images."""

    needs: ClassVar[tuple[str, ...]] = ("samples",)
    method: str = option("sampled", "the estimator")
    samples: int = option(2, "noisy images")
    std: float = option(0.05, "of the noise")
    seed: int = option(0, "of the noise")


class Sampled:
    needs_grad = False
    scale = Scale("std", "m", "depth")

    def __init__(self, model: nn.Module, settings: Settings) -> None:
        self.model, self.settings = model, settings

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        check_input(image, mask)
        image, options = usable(image), self.settings
        draws = Draws(partial(image_seeds, options.seed, image))
        with evaluation(self.model):
            depths = [plain(self.model, image).depth, mirrored(self.model, image).depth]
            noisy = (image + options.std * draws.normal(image) for _ in range(options.samples))
            depths.extend(ask(self.model, one).depth for one in noisy)
        std = torch.stack(depths).std(0)
        return UncertaintyEstimate(depths[0], std, std.isfinite() if mask is None else mask)


def build(settings: Settings, parts: Parts) -> Sampled:
    return Sampled(parts.model, settings)
