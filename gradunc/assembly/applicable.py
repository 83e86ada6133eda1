"""Which of many estimators a network allows: a benchmark leaves the others out and says why."""

from collections.abc import Mapping

import torch
from torch import nn

from gradunc.assembly.estimators import estimator_factories
from gradunc.errors import InputError
from gradunc.ops.devices import device_of
from gradunc.types import Size
from gradunc.uncertainty.interface import Fitted, awaits_depth, check_network
from gradunc.uncertainty.passes import shared_passes
from gradunc.uncertainty.settings import EstimatorSettings


def applicable(
    uncertainty: Mapping[str, EstimatorSettings], model: nn.Module, size: Size
) -> tuple[dict[str, EstimatorSettings], tuple[str, ...]]:
    """The estimators that can judge a network: each is made and asked about random colours.

    One that learns first is asked whether it could learn (`check_network`).

    Args:
        uncertainty: name -> options.
        model: the network.
        size: of its images.

    Returns:
        Those that can, and a line for each of the others.

    Raises:
        InputError: none of them can.
    """
    image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)).to(device_of(model))
    kept: dict[str, EstimatorSettings] = {}
    reasons: list[str] = []
    with shared_passes():
        for name, make in estimator_factories(uncertainty).items():
            try:
                estimator = make(model)
                if isinstance(estimator, Fitted):
                    check_network(estimator, image)
                elif not awaits_depth(estimator):
                    estimator.estimate(image)
            except InputError as error:
                reasons.append(f"uncertainty.{name} left out: {str(error).removeprefix(f'uncertainty.{name}: ')}")
            else:
                kept[name] = uncertainty[name]
    if not kept:
        raise InputError(f"no estimator can judge this network: {'; '.join(reasons) or 'uncertainty names none'}")
    return kept, tuple(reasons)
