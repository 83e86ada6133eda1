"""Reads a second output of the network: the standard deviation that an uncertainty head predicts."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.options import option
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input, usable
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.session import evaluation
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Settings(EstimatorSettings):
    """What an uncertainty head says."""

    needs: ClassVar[tuple[str, ...]] = ("retraining",)
    method: str = option("variance", "the estimator")


class Variance:
    needs_grad = False
    scale = Scale("std", "m", "depth")

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        check_input(image, mask)
        with evaluation(self.model):
            prediction = plain(self.model, usable(image))
        if prediction.log_scale is None:
            raise InputError("the network has no uncertainty head; choose another method")
        std = prediction.log_scale.exp()
        return UncertaintyEstimate(prediction.depth, std, std.isfinite() if mask is None else mask, aleatoric=std)


def build(settings: Settings, parts: Parts) -> Variance:
    return Variance(parts.model)
