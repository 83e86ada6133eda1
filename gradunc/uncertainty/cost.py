"""What an estimate costs, in plain forward passes of the same network."""

import math
from typing import Any

from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gradunc.errors import InputError
from gradunc.ops.wrappers import bare
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.asking import ask
from gradunc.uncertainty.checks import slice_inputs, usable
from gradunc.uncertainty.session import evaluation

NOT_OF_THE_NETWORK = ("mask", "reference", "index")
"""Arguments of `estimate` that a plain forward pass does not take."""


def cost_in_forwards(
    estimator: UncertaintyEstimator, image: Tensor, *, model: nn.Module | None = None, **inputs: Any
) -> float:
    """Floating point operations of one `estimate` divided by those of `model(image)`.

    Operations of convolutions and matrix products are counted, forward and backward, so that the number depends on
    neither machine nor load; what is counted runs once. A plain prediction costs 1.

    Args:
        estimator: any.
        image: (B,3,H,W); one image is enough, the ratio does not depend on how many.
        model: the network that a plain pass is one of; default: the estimator's `model`.
        inputs: further arguments of `estimate`.

    Returns:
        The ratio; NaN for a network without a single convolution or matrix product.

    Raises:
        InputError: the estimator has no `model` and none is given.
    """
    network = model if model is not None else getattr(estimator, "model", None)
    if not isinstance(network, nn.Module):
        raise InputError(f"{type(estimator).__name__} has no model; give cost_in_forwards(..., model=network)")
    network = bare(network)
    plain = slice_inputs({k: v for k, v in inputs.items() if k not in NOT_OF_THE_NETWORK}, len(image), 0, len(image))
    with evaluation(network), FlopCounterMode(display=False) as once:
        ask(network, usable(image), plain)
    with FlopCounterMode(display=False) as whole:
        estimator.estimate(image, **inputs)
    operations = once.get_total_flops()
    return whole.get_total_flops() / operations if operations else math.nan
