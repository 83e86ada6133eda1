"""Dropout and noise on features at evaluation time."""

import math

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty import cost_in_forwards
from gradunc.uncertainty.posthoc.perturbed import InferenceDropout, NoisyFeatures, Perturbed
from tests.helpers import tiny_model
from tests.uncertainty.networks import Pyramid, convolution, noise
from tests.uncertainty.split_networks import Split

KINDS = (InferenceDropout, NoisyFeatures)


class Layered(nn.Module):
    """Depth = 1 + sum of 400 equal features of red."""

    def __init__(self) -> None:
        super().__init__()
        self.features = convolution([[[[1]], [[0]], [[0]]]] * 400)
        self.head = convolution([[[[1]]] * 400])

    def forward(self, image):
        return 1 + self.head(self.features(image))


def test_the_spread_of_dropout_is_that_of_a_binomial():
    """k of n features stay, each scaled by 1/(1-p): variance n p/(1-p) red^2, so that std over mean is known."""
    p, samples = 0.2, 64
    image = torch.full((1, 3, 8, 8), 0.5)
    estimate = InferenceDropout(Layered(), p, layers=["features"], samples=samples, space="depth").estimate(image)
    expected = 0.5 * math.sqrt(400 * p / (1 - p))
    assert estimate.uncertainty.mean().item() == pytest.approx(expected, rel=0.3)
    assert torch.equal(estimate.depth, torch.full((1, 1, 8, 8), 201.0))


def test_the_spread_of_noise_is_that_of_a_sum_of_normal_numbers():
    """Noise of 0.1 s on each of 400 summed features, s the standard deviation of the map: 0.1 s times 20."""
    image = noise(1, 64, 64)
    estimate = NoisyFeatures(Layered(), 0.1, layers=["features"], samples=32, space="depth").estimate(image)
    expected = 0.1 * image[:, 0].std().item() * 20
    assert estimate.uncertainty.mean().item() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_the_encoder_runs_once_unless_it_is_disturbed(kind):
    model = Split()
    kind(model, layers=["block", "fuse"], samples=5).estimate(noise(1, 8, 12))
    assert (model.encoded, model.decoded) == (2, 6)  # the plain pass, and once for five samples
    model = Split()
    estimator = kind(model, layers=["deep"], samples=5)
    estimator.estimate(noise(1, 8, 12))
    assert model.decoded == 6
    assert model.encoded == 7  # one to find out
    estimator.estimate(noise(1, 8, 12))
    assert model.encoded == 13


@pytest.mark.parametrize("kind", KINDS)
def test_splitting_changes_no_number(kind):
    class Whole(nn.Module):
        multiple = 2

        def __init__(self) -> None:
            super().__init__()
            self.inner = Split()

        def forward(self, image):
            return self.inner(image)

    image = noise(2, 9, 12)
    split = kind(Split(), layers=["block", "fuse"]).estimate(image)
    whole = kind(Whole(), layers=["inner.block", "inner.fuse"]).estimate(image)
    torch.testing.assert_close(split.uncertainty, whole.uncertainty)
    assert split.uncertainty.std() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_default_layers(kind):
    ours = kind(tiny_model())
    assert ours.layers == tuple(f"decoder.blocks.{number}" for number in range(10))
    other = kind(Pyramid())
    assert other.layers == ()
    other.estimate(noise(1, 13, 22))
    assert other.layers
    assert other.notes[0].startswith("layers=null chose ")
    assert kind(tiny_model(), layers=["decoder.blocks.1"]).notes == ()


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_that_all_images_share_stay_whole_where_layers_are_looked_for(kind):
    class Told(Pyramid):
        def forward(self, image, intrinsics):
            assert intrinsics.shape == (3, 3)
            return super().forward(image)

    assert kind(Told()).estimate(noise(2, 13, 22), intrinsics=torch.eye(3)).uncertainty.any()


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_and_indices(kind):
    image, model = noise(2, 13, 22), Pyramid()
    first = kind(model, layers=["block"]).estimate(image).uncertainty
    assert not torch.equal(first, kind(model, layers=["block"], seed=1).estimate(image).uncertainty)
    same = torch.tensor([7, 7])
    twice = kind(model, layers=["block"]).estimate(image[:1].repeat(2, 1, 1, 1), index=same).uncertainty
    torch.testing.assert_close(twice[0], twice[1])


def test_eight_samples_cost_eight_passes():
    assert cost_in_forwards(InferenceDropout(Pyramid(), layers=["block"]), noise(1, 16, 16)) == pytest.approx(9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InferenceDropout(Pyramid(), 1.0), "p=1.0 must be between 0 and 1"),
        (lambda: NoisyFeatures(Pyramid(), 0.0), "strength=0.0 must be above 0 and finite"),
        (lambda: InferenceDropout(Pyramid(), samples=1), "samples=1 must be at least 2: one answer has no spread"),
        (lambda: InferenceDropout(Pyramid(), layers=["blok"]), "the model has no layer 'blok'; nearest: block"),
        (lambda: InferenceDropout(Pyramid(), space="metres"), "unknown space 'metres'"),
    ],
)
def test_wrong_options(make, message):
    with pytest.raises(InputError) as error:
        make()
    assert message in str(error.value)


def test_a_layer_without_a_map():
    class Named(nn.Module):
        def forward(self, image):
            return {"map": image}

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.odd = Named()

        def forward(self, image):
            return self.odd(image)["map"][:, :1]

    with pytest.raises(InputError, match=r"^layer 'odd' returns a dict, not a map"):
        InferenceDropout(Odd(), layers=["odd"]).estimate(noise(1, 4, 4))


def test_only_kinds_can_be_made():
    with pytest.raises(TypeError):
        Perturbed(Pyramid())  # pyright: ignore[reportAbstractUsage]
