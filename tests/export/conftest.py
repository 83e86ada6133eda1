"""Networks that answer to every change of their input, and an exported file that several tests read."""

import pytest
import torch
from torch import nn

from gradunc.export import Exported, export_estimator
from gradunc.models import DepthModel, Monodepth2Settings, RTMonoDepthSSettings, build_model
from gradunc.uncertainty import GradientUncertainty


def lively(model: DepthModel, seed: int = 0) -> DepthModel:
    """Random statistics and larger decoder weights: fresh weights answer with an all but constant depth."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.copy_(0.2 * torch.randn(module.num_features, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=generator))
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.mul_(1.5)
    return model.eval()


@pytest.fixture(scope="session")
def resnet() -> DepthModel:
    torch.manual_seed(0)
    settings = Monodepth2Settings(encoder="resnet18", size=[64, 96], decoder_channels=[8, 8, 16, 16, 32])
    return lively(build_model(settings))


@pytest.fixture(scope="session")
def rt_monodepth() -> DepthModel:
    torch.manual_seed(0)
    return lively(build_model(RTMonoDepthSSettings(size=[48, 64])))


@pytest.fixture(scope="session")
def exported(resnet: DepthModel, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """ResNet-18 Monodepth2 with the published settings, at a size that needs padding."""
    path = tmp_path_factory.mktemp("exported") / "flip.onnx"
    return export_estimator(
        GradientUncertainty(resnet), path, (60, 90), settings={"reference": "flip"}, checkpoint="runs/demo"
    )
