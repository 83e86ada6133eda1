"""Needs several networks: the variance of their depths, the mean as the prediction."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.options import option
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.session import evaluation
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Settings(EstimatorSettings):
    """Several networks."""

    needs: ClassVar[tuple[str, ...]] = ("second network",)
    method: str = option("members", "the estimator")
    checkpoints: list[str] = option([], "the other members")


class Ensemble:
    needs_grad = False
    scale = Scale("variance", "m^2", "depth")

    def __init__(self, members: list[nn.Module]) -> None:
        self.model, self.members = members[0], members

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        check_input(image, mask)
        depths = torch.stack([self._depth(member, image) for member in self.members])
        valid = torch.ones_like(depths[0], dtype=torch.bool) if mask is None else mask
        variance = depths.var(0, correction=0)
        return UncertaintyEstimate(depths.mean(0), variance, valid, epistemic=variance)

    def _depth(self, member: nn.Module, image: Tensor) -> Tensor:
        with evaluation(member):
            return plain(member, image).depth


def build(settings: Settings, parts: Parts) -> Ensemble:
    if not settings.checkpoints:
        raise InputError("checkpoints=[] names no other member; give at least one")
    return Ensemble([parts.model, *(parts.network(path) for path in settings.checkpoints)])
