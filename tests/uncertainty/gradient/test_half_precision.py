"""Autocast and half weights: the same order of pixels as in float32."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc import OutputSpace, adapt
from gradunc.uncertainty import GradientUncertainty, list_layers
from tests.uncertainty.networks import noise
from tests.uncertainty.split_networks import Split

REFERENCES: list[Any] = ["flip", "gray", "rotate", "shift", "rescale", {"noise": {"std": 0.1}}, "feature_flip",
                         {"feature_noise": {"strength": 0.5}}]  # fmt: skip


def ranks(values: Tensor) -> Tensor:
    return values.flatten().argsort().argsort().double()


def rank_correlation(one: Tensor, two: Tensor) -> float:
    return torch.corrcoef(torch.stack([ranks(one), ranks(two)]))[0, 1].item()


@pytest.mark.parametrize("reference", REFERENCES, ids=str)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast(reference: Any, dtype: torch.dtype) -> None:
    estimator = GradientUncertainty(Split(), "block", reference, "sensitivity", "norm")
    image = noise(1, 48, 64)
    expected = estimator.estimate(image)
    with torch.autocast("cpu", dtype):
        found = estimator.estimate(image)

    assert found.uncertainty.dtype == torch.float32
    assert torch.equal(found.valid, expected.valid)
    assert rank_correlation(found.uncertainty, expected.uncertainty) > 0.99


def test_float16_gradients_do_not_vanish() -> None:
    # Of the mean over 192x640 pixels they are some 1e-7, where float16 ends (6e-8).
    estimator = GradientUncertainty(Split(), "block", "flip", "sensitivity", "norm")
    with torch.autocast("cpu", torch.float16):
        found = estimator.estimate(noise(1, 192, 640))

    assert (found.uncertainty == 0).double().mean() < 0.001


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.down, self.block, self.head = nn.Conv2d(3, 8, 4, 4), nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.block(self.down(image)).relu()).float().exp()


def test_an_adapted_network_with_half_weights() -> None:
    image = noise(1, 32, 48)
    settings: dict[str, Any] = {"mean": (0.5, 0.5, 0.5), "std": (0.2, 0.2, 0.2), "size": (32, 48)}
    expected, model = (
        adapt(net, lambda raw: raw, OutputSpace(), **settings) for net in (Small(), Small().to(torch.bfloat16))
    )
    assert [row.name for row in list_layers(model)] == ["down", "block", "head"]
    found = GradientUncertainty.recommended(model).estimate(image)

    assert found.layers.keys() == GradientUncertainty.recommended(expected).estimate(image).layers.keys()
    assert found.valid.all()
    assert (found.uncertainty > 0).any()
