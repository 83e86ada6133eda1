"""A network of ours and an image file."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from gradunc.models import Monodepth2Settings, build_model
from tests.prediction.images import PIXELS


@pytest.fixture(scope="package")
def network() -> nn.Module:
    torch.manual_seed(0)
    return build_model(Monodepth2Settings(encoder="lcnet_050", size=[32, 64])).eval()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(PIXELS).save(path)
    return path
