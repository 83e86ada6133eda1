"""Dropout of a trained network, sampled at evaluation time."""

import math

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import cost_in_forwards
from gradunc.uncertainty.empirical.mc_dropout import MCDropout
from tests.helpers import tiny_model
from tests.uncertainty.networks import Pyramid, convolution, noise
from tests.uncertainty.split_networks import Split


class Linear(nn.Module):
    """Depth = 1 + sum of n dropped equal features of red."""

    def __init__(self, dropout: nn.Module, features: int = 1) -> None:
        super().__init__()
        self.dropout, self.features = dropout, convolution([[[[1]], [[0]], [[0]]]] * features)
        self.head = convolution([[[[1]]] * features])

    def forward(self, image):
        return 1 + self.head(self.dropout(self.features(image)))


@pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout2d])
def test_mean_and_variance_of_a_linear_network(kind):
    """n features x, each kept with 1 - p and scaled by 1/(1-p): mean n x, variance n x^2 p/(1-p)."""
    p, features, samples = 0.3, 20, 400
    image = torch.full((1, 3, 4, 4), 0.5)
    estimate = MCDropout(Linear(kind(p), features), samples, "depth").estimate(image)
    std = 0.5 * math.sqrt(features * p / (1 - p))
    # Standard errors: of the mean std / sqrt(samples), of the standard deviation about std / sqrt(2 samples).
    assert estimate.depth.mean().item() == pytest.approx(1 + features * 0.5, abs=4 * std / math.sqrt(samples))
    assert estimate.uncertainty.mean().item() == pytest.approx(std, rel=4 / math.sqrt(2 * samples))
    assert estimate.epistemic is not None
    assert torch.equal(estimate.epistemic, estimate.uncertainty)
    # Whole channels are the same at every pixel; single values are not.
    assert (estimate.uncertainty.std().item() > 1e-3) == (kind is nn.Dropout)


def test_each_layer_has_its_own_probability():
    """Of 1 + red + green + blue, dropped apart: variance 0.25 (p1/(1-p1) + p2/(1-p2)), the third is never dropped."""

    class Apart(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.third = nn.Dropout(0.1), nn.Dropout(0.5), nn.Dropout(0.0)

        def forward(self, image):
            return 1 + self.first(image[:, :1]) + self.second(image[:, 1:2]) + self.third(image[:, 2:])

    estimator = MCDropout(Apart(), 50, "depth")
    estimate = estimator.estimate(torch.full((1, 3, 32, 32), 0.5))
    variance = estimate.uncertainty.square().mean().item()
    assert variance == pytest.approx(0.25 * (1 / 9 + 1), rel=0.03)
    assert estimator.layers == ("first", "second")
    assert estimator.notes == ("samples=50 of the dropout at first, second",)


class Deep(nn.Module):
    """Dropout of single values and of channels between non-linear layers; one of them in place."""

    def __init__(self, *, inplace: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.head = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 6, 3), nn.Conv2d(6, 1, 1)
        self.channels, self.values = nn.Dropout2d(0.4), nn.Dropout(0.2, inplace=inplace)

    def forward(self, image):
        x = self.first(nn.functional.pad(image, (2, 2, 2, 2)))
        y = self.channels(x.tanh())
        y = self.second(y)
        return 3 + (self.head(self.values(y).tanh()) + y[:, :1].tanh())


@pytest.mark.parametrize("inplace", [False, True])
def test_the_spread_is_that_of_the_modules_in_training_mode(inplace):
    model, image, samples = Deep(inplace=inplace).eval(), noise(1, 6, 8), 1500
    found = MCDropout(model, samples, "depth").estimate(image)
    model.train()
    torch.manual_seed(1)
    with torch.no_grad():
        passes = torch.cat([model(image) for _ in range(samples)])
    expected = passes.std(0, keepdim=True)
    torch.testing.assert_close(found.uncertainty, expected, rtol=0.15, atol=0.0)
    assert ((found.depth - passes.mean(0)) / expected).abs().max() < 5 * math.sqrt(2 / samples)
    assert (found.uncertainty / expected).mean().item() == pytest.approx(1, abs=0.02)


def test_an_image_draws_the_same_in_every_batch():
    estimator, image = MCDropout(Deep()), noise(3, 6, 8)
    together = estimator.estimate(image)
    for number in range(3):
        alone = estimator.estimate(image[number : number + 1])
        torch.testing.assert_close(together.uncertainty[number], alone.uncertainty[0])
        torch.testing.assert_close(together.depth[number], alone.depth[0])
    assert not torch.equal(MCDropout(Deep(), seed=1).estimate(image).uncertainty, together.uncertainty)


class Windowed(nn.Module):
    """Attention windows: the four quarters of every image are rows of the first axis, image by image."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.3)

    def forward(self, image):
        count, height, width = len(image), image.shape[-2] // 2, image.shape[-1] // 2
        rows = image[:, :1].unflatten(2, (2, height)).unflatten(4, (2, width)).permute(0, 2, 4, 1, 3, 5).flatten(0, 2)
        maps = self.dropout(rows).unflatten(0, (count, 2, 2)).permute(0, 3, 1, 4, 2, 5)
        return 1 + maps.flatten(4, 5).flatten(2, 3)


def test_windows_of_an_image_draw_with_the_image():
    estimator, image = MCDropout(Windowed(), space="depth"), noise(3, 4, 6)
    together = estimator.estimate(image).uncertainty
    alone = torch.cat([estimator.estimate(one).uncertainty for one in image.split(1)])
    torch.testing.assert_close(together, alone)
    assert (together[:, :, :2] != together[:, :, 2:]).any()


class Dropping(Split):
    """Dropout in front of the block of the decoder, and, if asked for, behind the encoder's first layer."""

    def __init__(self, *, in_encoder: bool) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Dropout2d(0.4), self.block)
        if in_encoder:
            self.fine = nn.Sequential(self.fine, nn.Dropout2d(0.4))


def test_the_encoder_runs_once_unless_dropout_sits_in_it():
    model = Dropping(in_encoder=False).eval()
    MCDropout(model, samples=5).estimate(noise(1, 8, 12))
    assert (model.encoded, model.decoded) == (2, 6)  # the plain pass, and once for five samples
    model = Dropping(in_encoder=True).eval()
    MCDropout(model, samples=5).estimate(noise(1, 8, 12))
    assert (model.encoded, model.decoded) == (7, 6)  # one to find out


def test_the_decoder_of_our_families():
    model, image = tiny_model(dropout=0.2), noise(1, 64, 96)
    estimator = MCDropout(model)
    assert estimator.layers == tuple(f"decoder.blocks.{number}.dropout" for number in range(10))
    estimate = estimator.estimate(image)
    with torch.no_grad():
        plain = model(image).depth
    assert not torch.equal(estimate.depth, plain)
    assert torch.equal(MCDropout(model, mean=False).estimate(image).depth, plain)
    assert 2 < cost_in_forwards(estimator, image) < 9


def test_the_mean_is_taken_in_the_space():
    """Two values of the depth 1 + x: in disparity their mean is harmonic, the lower one."""
    image = torch.full((1, 3, 2, 2), 1.0)
    means = {
        space: MCDropout(Linear(nn.Dropout2d(0.5)), 64, space).estimate(image).depth.mean().item()
        for space in ("depth", "disparity", "log_depth")
    }
    assert means["disparity"] < means["log_depth"] < means["depth"]
    share = (means["depth"] - 1) / 2  # depth is 1 or 3
    assert means["disparity"] == pytest.approx(1 / (share / 3 + 1 - share), rel=1e-5)
    assert means["log_depth"] == pytest.approx(3**share, rel=1e-5)


class Idle(nn.Module):
    """Has a dropout layer, and drops by a function."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.2)

    def forward(self, image):
        return 1 + nn.functional.dropout(image[:, :1], self.dropout.p, self.training)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MCDropout(Split()), "Split has no dropout layer (nn.Dropout, nn.Dropout2d, ...) with p above 0"),
        (
            lambda: MCDropout(Linear(nn.Dropout(0.0))),
            "use method=inference_dropout, or train one with model.dropout=0.2",
        ),
        (lambda: MCDropout(Pyramid(), samples=1), "samples=1 must be at least 2"),
        (lambda: MCDropout(Idle()).estimate(noise(1, 4, 4)), "functional or fused into attention"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(InputError) as error:
        make()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_layer_that_does_not_run_is_told():
    class Half(Idle):
        def __init__(self) -> None:
            super().__init__()
            self.other = nn.Dropout(0.3)

        def forward(self, image):
            return self.other(super().forward(image))

    estimator = MCDropout(Half())
    estimator.estimate(noise(1, 4, 4))
    assert estimator.notes == ("samples=8 of the dropout at other, not at dropout, which no pass reaches",)


def test_rows_that_belong_to_no_image():
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dropout = nn.Dropout(0.2)

        def forward(self, image):
            self.dropout(image.flatten(0, 1)[:5])
            return 1 + image[:, :1]

    with pytest.raises(InputError, match=r"gives 5 rows for 2 images.*data.eval_batch_size=1"):
        MCDropout(Rows()).estimate(noise(2, 4, 4))


def test_more_uncertain_where_the_error_is_larger():
    """Higher = worse: a network that is exact for dark pixels, and whose wrong features are dropped at bright ones."""
    image = noise(1, 16, 16)
    truth = torch.ones(1, 1, 16, 16)
    estimate = MCDropout(Linear(nn.Dropout2d(0.3), 4), 16, "depth").estimate(image)
    error, score = (estimate.depth - truth).abs().flatten(), estimate.uncertainty.flatten()
    assert torch.corrcoef(torch.stack([error, score]))[0, 1] > 0.9


class Sure(nn.Module):
    """Depth = 2 + dropped red, and a predicted standard deviation of depth: green."""

    output_space = OutputSpace("depth", "metric")
    own_uncertainty: OwnUncertainty | None = OwnUncertainty("std", "depth", "spread")

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(0.5)

    def forward(self, image):
        return DepthPrediction(2 + self.dropout(image[:, :1]), extras={"spread": image[:, 1:2]})


def test_what_the_network_predicts_of_its_spread_adds_up():
    """Law of total variance over 16 passes, whose variance is that of a population."""
    image = noise(1, 6, 8)
    found, silent = MCDropout(Sure(), 16, "depth").estimate(image), Sure()
    silent.own_uncertainty = None
    alone = MCDropout(silent, 16, "depth").estimate(image)
    assert alone.aleatoric is None
    assert found.aleatoric is not None
    torch.testing.assert_close(found.aleatoric, image[:, 1:2])
    torch.testing.assert_close(found.epistemic, alone.uncertainty * math.sqrt(15 / 16))
    torch.testing.assert_close(
        found.uncertainty.square(), image[:, 1:2].square() + alone.uncertainty.square() * 15 / 16
    )
    torch.testing.assert_close(found.depth, alone.depth)
