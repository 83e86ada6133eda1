"""A real network for the tests of the engine."""

import pytest
import torch

from gradunc.models import DepthModel, Monodepth2Settings
from gradunc.models.build import build_model


@pytest.fixture(scope="module")
def depth_model() -> DepthModel:
    torch.manual_seed(0)
    return build_model(Monodepth2Settings(encoder="resnet18", size=[64, 96], uncertainty_head=True)).eval()
