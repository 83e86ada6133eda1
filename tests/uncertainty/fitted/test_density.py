"""The density of features as an estimator: layers, pixels, whole images."""

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.metrics.detection import detection
from gradunc.ops.memory import peak_bytes
from gradunc.types import DepthPrediction
from gradunc.uncertainty import image_scores
from gradunc.uncertainty.fitted.density import FeatureDensity
from gradunc.uncertainty.fitted.density_settings import KINDS
from tests.helpers import tiny_model
from tests.uncertainty.networks import noise

SIZE = (64, 96)


class Colours(nn.Module):
    """Depth from features that are the colours at half of the resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.AvgPool2d(2)

    def forward(self, image: Tensor) -> DepthPrediction:
        deep = self.features(image).repeat_interleave(2, 2).repeat_interleave(2, 3)
        return DepthPrediction(1 + deep.mean(1, keepdim=True))


def familiar(count: int, seed: int = 0) -> Tensor:
    """Images whose colours are nearly gray."""
    return (noise(count, *SIZE, seed=seed)[:, :1] + 0.05 * noise(count, *SIZE, seed=seed + 1)).clamp(0, 1)


def foreign(count: int) -> Tensor:
    """The same in red."""
    return familiar(count, 50) * torch.tensor([1.0, 0.3, 0.3]).view(1, 3, 1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_foreign_images_and_pixels_score_higher(kind):
    estimator = FeatureDensity(Colours(), kind, layer="features", bank=2000)
    estimator.fit([{"image": familiar(6)}])
    known, other = (estimator.estimate(images) for images in (familiar(6, 30), foreign(6)))
    for score in ("mean", "p95", "log_mean"):
        found = detection(image_scores(known)[score], image_scores(other)[score])
        assert found["auroc"] == 1.0
    mixed = familiar(1, 30)
    mixed[..., 48:] = foreign(1)[..., 48:]
    halves = estimator.estimate(mixed).uncertainty.split(48, dim=3)
    assert halves[1].quantile(0.05) > halves[0].quantile(0.95)


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_are_the_cells_resized_bilinearly(kind):
    estimator = FeatureDensity(Colours(), kind, layer="features")
    estimator.fit([{"image": familiar(3)}])
    estimate = estimator.estimate(foreign(2))
    cells = estimate.layers["features"]
    assert cells.shape == (2, 1, 32, 48)
    expected = nn.functional.interpolate(cells, SIZE, mode="bilinear", align_corners=False)
    torch.testing.assert_close(estimate.uncertainty, expected)
    assert estimate.loss is None
    assert str(estimator.scale) == "score"


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_the_same_from_any_batches_and_keeps_it(kind):
    images = familiar(6)
    one, other = (FeatureDensity(Colours(), kind, layer="features", bank=500) for _ in range(2))
    one.fit([{"image": images}])
    other.fit([{"image": part} for part in images.split(2)])
    fresh = FeatureDensity(Colours(), kind, layer="features", bank=500)
    fresh.restore(other.learned())
    asked = foreign(1)
    torch.testing.assert_close(one.estimate(asked).uncertainty, other.estimate(asked).uncertainty, rtol=1e-4, atol=1e-4)
    assert torch.equal(fresh.estimate(asked).uncertainty, other.estimate(asked).uncertainty)


@pytest.mark.parametrize("kind", KINDS)
def test_the_deepest_layer_of_our_families(kind):
    estimator = FeatureDensity(tiny_model(), kind)
    estimator.fit([{"image": noise(2, *SIZE)}])
    assert estimator.notes == ("layer=auto chose decoder.blocks.0.conv",)
    estimate = estimator.estimate(noise(2, 50, 70, seed=3))
    # 50x70 is padded to 64x96, of which the cells at 1/32 that hold the image are two rows and three columns.
    assert estimate.layers["decoder.blocks.0.conv"].shape == (2, 1, 2, 3)
    assert estimate.uncertainty.shape == (2, 1, 50, 70)


def test_memory_does_not_grow_with_the_images():
    def peak(images: int, kind: str) -> int:
        batches = ({"image": familiar(1, seed)} for seed in range(images))
        estimator = FeatureDensity(Colours(), kind, layer="features", bank=100)
        return peak_bytes(lambda: estimator.fit(batches), torch.device("cpu"))

    for kind in KINDS:
        assert peak(12, kind) < 1.1 * peak(3, kind)


class Twice(Colours):
    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(super().forward(image).depth + self.features(image).mean())


class Never(Colours):
    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(1 + image[:, :1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FeatureDensity(Colours(), "gausian"), "unknown kind 'gausian'; did you mean 'gaussian'"),
        (lambda: FeatureDensity(Colours(), layer="feature"), "the model has no layer 'feature'; nearest: features"),
        (lambda: FeatureDensity(Colours(), shrinkage=2.0), "shrinkage=2.0 must be between 0 and 1"),
        (lambda: FeatureDensity(Twice(), layer="features"), "layer 'features' runs several times in one forward pass"),
        (lambda: FeatureDensity(Never(), layer="features"), "layer 'features' was never reached by one forward pass"),
        (lambda: FeatureDensity(tiny_model(), layer="decoder.blocks.*.conv"), "and perhaps others; name one"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(InputError) as error:
        make().fit([{"image": noise(1, *SIZE)}])
    assert message in str(error.value)
    assert "\n" not in str(error.value)
