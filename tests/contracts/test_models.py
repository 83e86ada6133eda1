"""One battery for every network of the registry, and for each check a network that must fail it."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.models import EncoderDecoder
from gradunc.types import DepthPrediction
from tests.contracts import model_checks as checks
from tests.contracts.small_networks import VARIANTS, factory

pytestmark = pytest.mark.usefixtures("narrow_transformers")


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("variant", VARIANTS)
def test_contract(variant: str, check: Callable[[checks.Factory], None]) -> None:
    check(factory(VARIANTS[variant]))


@pytest.mark.parametrize("variant", VARIANTS)
def test_coarse_head(variant: str) -> None:
    checks.check_coarse_head(factory(VARIANTS[variant]))


class Broken(nn.Module):
    """A good model whose prediction is spoilt; everything else is passed through."""

    def __init__(self, spoil: Callable[[DepthPrediction, Tensor, EncoderDecoder], DepthPrediction]) -> None:
        super().__init__()
        model = factory(VARIANTS["monodepth2"])()
        self.encoder, self.decoder, self.head = model.encoder, model.decoder, model.head
        self.settings, self.multiple, self.spoil = model.settings, model.multiple, spoil
        self.own_uncertainty = model.own_uncertainty
        self.register_buffer("calls", torch.zeros(1))
        self.hidden = [model]

    @property
    def inner(self) -> EncoderDecoder:
        """The good model, whose parts are this module's."""
        return self.hidden[0].train(self.training)

    def forward(self, image: Tensor, *, scales: int = 1) -> DepthPrediction:
        return self.spoil(self.inner(image, scales=scales), image, self)  # pyright: ignore[reportArgumentType]


def scaled(prediction: DepthPrediction, factor: Any) -> DepthPrediction:
    """Activation and depth that fit together, times a factor below 1."""
    finest = prediction.scales[0] * factor
    return prediction._replace(scales=(finest, *prediction.scales[1:]), depth=1 / (0.01 + 9.99 * finest))


def half_size(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    return prediction._replace(depth=prediction.depth[..., ::2, ::2])


def not_the_heads_depth(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    return prediction._replace(depth=2 * prediction.depth)


def blind(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    return prediction._replace(
        depth=torch.full_like(prediction.depth, float(model.head.depth(torch.tensor(0.5)))),
        scales=tuple(torch.full_like(scale, 0.5) for scale in prediction.scales),
    )


def always_all_scales(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    return model.inner(image, scales=4)


def noisy(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    return scaled(prediction, 0.5 + 0.4 * torch.rand(()))


def counts_calls(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    model.calls += 1
    return prediction


def needs_even_sizes(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    height, width = image.shape[-2] // 2 * 2, image.shape[-1] // 2 * 2
    return prediction._replace(depth=prediction.depth[..., :height, :width])


def mixes_the_batch(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    return scaled(prediction, image.mean())


def detached(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    return prediction._replace(scales=(prediction.scales[0].detach(), *prediction.scales[1:]))


SECRETS = count(2)


def forgets_weights(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    # Something outside the state dict decides.
    if not hasattr(model, "secret"):
        model.secret = next(SECRETS)
    return scaled(prediction, 1 / model.secret)


def layer_runs_twice(prediction: DepthPrediction, image: Tensor, model: Any) -> DepthPrediction:
    model.inner(image.flip(-1))
    return prediction


BUGS = [
    (checks.check_shapes, half_size, "depth.shape"),
    (checks.check_depth_is_the_heads, not_the_heads_depth, "torch.equal"),
    (checks.check_depth_is_the_heads, blind, "depth ignores the image"),
    (checks.check_number_of_scales, always_all_scales, "len"),
    (checks.check_deterministic, noisy, "torch.equal"),
    (checks.check_deterministic, counts_calls, "a buffer has changed"),
    (checks.check_odd_sizes, needs_even_sizes, "depth.shape"),
    (checks.check_neighbours, mixes_the_batch, "batch neighbours matter"),
    (checks.check_gradients, detached, "no gradient: ['decoder.blocks.8.conv.weight"),
    (checks.check_state_dict, forgets_weights, "torch.equal"),
    (checks.check_hook_layers, layer_runs_twice, "ran 2 times"),
]


@pytest.mark.parametrize(("check", "bug", "message"), BUGS, ids=lambda part: getattr(part, "__name__", ""))
def test_a_planted_bug_is_found(check: Callable[[Any], None], bug: Any, message: str) -> None:
    with pytest.raises(AssertionError) as error:
        check(lambda: Broken(bug))
    assert message in f"{error.value} {error.traceback[-1].statement}", "failed, but for another reason"


def test_the_wrapper_itself_passes() -> None:
    for check in checks.CHECKS:
        check(lambda: Broken(lambda prediction, image, model: prediction))  # type: ignore[arg-type]


def test_every_check_has_a_planted_bug() -> None:
    assert {check for check, _, _ in BUGS} == set(checks.CHECKS)
