"""A real network for the tests of the engine."""

import pytest
import torch

from gradunc.models.depth import DepthModel
from gradunc.models.registry import build_model
from gradunc.models.settings import ModelSettings


@pytest.fixture(scope="module")
def depth_model() -> DepthModel:
    torch.manual_seed(0)
    return build_model(ModelSettings(encoder="resnet18", size=[64, 96], uncertainty_head=True)).eval()
