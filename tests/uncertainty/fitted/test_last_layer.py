"""Networks that the last-layer Laplace approximation is not for: each is one line."""

import pytest
from torch import Tensor, nn

from gradunc.assembly.applicable import applicable
from gradunc.errors import InputError
from gradunc.models import build_model
from gradunc.uncertainty.fitted.laplace import LastLayerLaplace
from gradunc.uncertainty.fitted.laplace_settings import LaplaceSettings
from gradunc.uncertainty.posthoc.settings import FlipDifferenceSettings
from tests.helpers import tiny_settings
from tests.uncertainty.fitted.straight import Straight, data
from tests.uncertainty.networks import Pyramid


class Gray(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return 1 + image.mean(1, keepdim=True)


class Bins(nn.Module):
    """A convolution with one output channel that does not count, in front of one with several."""

    def __init__(self) -> None:
        super().__init__()
        self.side, self.bins = nn.Conv2d(3, 1, 1), nn.Conv2d(3, 4, 1)

    def forward(self, image: Tensor) -> Tensor:
        self.side(image)
        return 1 + self.bins(image).softmax(1)[:, :1]


class Forgetful(Straight):
    """Its mean over the image stands behind the last layer."""

    def forward(self, image: Tensor) -> Tensor:
        return 6 + super().forward(image) - super().forward(image).mean()


class Normalised(Straight):
    def forward(self, image: Tensor) -> Tensor:
        z = self.head(image)
        return 6 + z - z.mean()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LastLayerLaplace(Normalised(), layer="head"), "a cell of it changes pixels far away"),
        (lambda: LastLayerLaplace(Forgetful(), layer="head"), "runs twice in one forward pass"),
        (lambda: LastLayerLaplace(Pyramid(), layer="fuse"), "layer='fuse' is no convolution (nn.Conv2d) with one"),
        (lambda: LastLayerLaplace(Gray()), "no layer with weights runs in Gray; last_layer_laplace is not for it"),
        (lambda: LastLayerLaplace(Bins()), "the last layer that runs in Bins, 'bins', is no convolution"),
        (lambda: LastLayerLaplace(Bins(), layer="side"), "the depth does not depend on"),
        (lambda: LastLayerLaplace(Straight(), prior_precision=-1.0), "prior_precision=-1.0 must be above 0"),
    ],
)  # fmt: skip
def test_what_it_is_not_for(make, message):
    with pytest.raises(InputError) as error:
        make().fit(data())
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_benchmark_leaves_it_out_where_it_cannot_judge():
    settings = {"laplace": LaplaceSettings(), "flip": FlipDifferenceSettings(method="flip_difference")}
    kept, reasons = applicable(settings, Gray(), (8, 12))
    assert list(kept) == ["flip"]
    assert reasons[0].startswith("uncertainty.laplace left out: no layer with weights runs in Gray")
    kept, reasons = applicable(settings, build_model(tiny_settings()).eval(), (64, 96))
    assert list(kept) == ["laplace", "flip"]
