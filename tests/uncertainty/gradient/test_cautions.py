"""Kinds of networks that a user is warned of."""

import pytest
import torch
from torch import Tensor, nn

from gradunc.models.parts.heads import SigmoidDepthHead
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.cautions import caution


class MyAttention(nn.Module):
    """A class of somebody else."""

    def forward(self, features: Tensor) -> Tensor:
        return features * features.mean((2, 3), keepdim=True)


class Network(nn.Module):
    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), *blocks, nn.Conv2d(4, 4, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        depth = self.blocks(image).square().mean(1, keepdim=True) + 1
        return nn.functional.interpolate(depth, image.shape[-2:], mode="bilinear")


@pytest.mark.parametrize("block", [nn.MultiheadAttention(4, 2), MyAttention()], ids=["torch", "own"])
def test_attention_is_said(block: nn.Module) -> None:
    said = caution(Network(block))

    assert said is not None
    assert said.startswith("Network has attention layers")


def test_metres_by_a_sigmoid_are_said() -> None:
    network = Network(SigmoidDepthHead(80.0))
    assert str(caution(network)).startswith("Network ends in metres by a sigmoid")


def test_convolutions_are_not() -> None:
    assert caution(Network(nn.ReLU())) is None


def test_an_estimator_has_it_among_its_notes() -> None:
    estimator = GradientUncertainty.recommended(Network(MyAttention()))
    estimator.estimate(torch.rand(1, 3, 16, 16))

    assert caution(estimator.model) in estimator.notes
