"""Networks of relative disparity with a known truth: a trained network's disparity, times a factor, plus a shift, ReLU.

    GRADUNC_BASE=MODEL python infer.py benchmark checkpoint=benchmarks/relative.py:raised data=... output=...

MODEL is what `checkpoint=` takes, default the sample network. The mean disparity of the first images that the network
sees becomes about 1 with `GRADUNC_UNIT`, depth in the network's unit at that mean (sample: 8 m).
"""

import os

import torch
from torch import Tensor, nn

from gradunc.models import AdaptedModel, adapt, load_model
from gradunc.ops.sizes import training_size
from gradunc.types import DepthPrediction, OutputSpace


class Relative(nn.Module):
    """ReLU(unit / depth + shift).

    Args:
        network: of depth.
        unit: depth whose disparity is 1.
        shift: of the disparity.
    """

    def __init__(self, network: nn.Module, unit: float, shift: float) -> None:
        super().__init__()
        self.network, self.unit, self.shift = network, unit, shift

    def forward(self, image: Tensor) -> Tensor:
        """(B,3,H,W) in [0,1] -> (B,1,H,W)."""
        return torch.relu(self.unit / self.network(image).depth + self.shift)


def _relative(shift: float) -> AdaptedModel:
    network = load_model(os.environ.get("GRADUNC_BASE", "sample"))
    module = Relative(network, float(os.environ.get("GRADUNC_UNIT", "8")), shift)
    plain = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    space = OutputSpace("disparity", "affine")
    return adapt(module, DepthPrediction, space, mean=plain[0], std=plain[1], size=training_size(network))


def plain() -> AdaptedModel:
    """Disparity 0 is infinitely far."""
    return _relative(0.0)


def raised() -> AdaptedModel:
    """2 are added: no output is near 0."""
    return _relative(2.0)


def cut() -> AdaptedModel:
    """0.25 is subtracted: what is far is 0."""
    return _relative(-0.25)
