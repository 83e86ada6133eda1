"""Hugging Face depth networks of random weights as depth models: depth, gradients, feature references."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc import GradientUncertainty, InputError, OutputSpace, adapt_huggingface
from gradunc.uncertainty import list_layers
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.models.adapters import huggingface_networks as networks
from tests.uncertainty.networks import fingerprint, noise

pytestmark = pytest.mark.slow

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALF, NOTHING = ([0.5] * 3, [0.5] * 3), ([0.0] * 3, [1.0] * 3)
RELATIVE, METRIC = OutputSpace("disparity", "affine"), OutputSpace("depth", "metric")
FUSED = "neck.fusion_stage.layers.3.residual_layer2"


class Case(NamedTuple):
    """A network and what the published image processors and configs say of its family."""

    make: Callable[[], nn.Module]
    normalization: tuple[list[float], list[float]]
    multiple: int
    space: OutputSpace
    layers: tuple[str, ...]
    """A transformer block that the neck reads, and layers behind it."""
    auto: str = FUSED


CASES = {
    "depth_anything": Case(
        networks.depth_anything, IMAGENET, 14, RELATIVE, ("backbone.encoder.layer.1", "neck.convs.3", "head.conv1")
    ),
    "depth_anything_metric": Case(
        lambda: networks.depth_anything("metric"), IMAGENET, 14, METRIC, ("backbone.encoder.layer.3", FUSED)
    ),
    "prompt_depth_anything": Case(
        networks.prompt_depth_anything,
        IMAGENET,
        14,
        OutputSpace("depth", "affine"),
        ("backbone.encoder.layer.1", "neck.convs.3", FUSED),
    ),
    "dpt": Case(networks.dpt, HALF, 32, RELATIVE, ("dpt.encoder.layer.1", "dpt.encoder.layer.3", "head.head.0")),
    "dpt_hybrid": Case(
        networks.dpt_hybrid, HALF, 32, RELATIVE, ("dpt.embeddings.projection", "dpt.encoder.layer.3", "neck.convs.0")
    ),
    "dpt_swin": Case(networks.dpt_swin, HALF, 32, RELATIVE, ("backbone.encoder.layers.3", "neck.convs.0", FUSED)),
    "zoedepth": Case(
        networks.zoedepth, HALF, 32, METRIC, ("backbone.beit.layers.1", "metric_head.projectors.2", FUSED)
    ),
    "zoedepth_two_heads": Case(
        lambda: networks.zoedepth(2), HALF, 32, METRIC, ("backbone.beit.layers.3", "relative_head.conv1")
    ),
    "glpn": Case(
        networks.glpn,
        NOTHING,
        32,
        METRIC,
        ("glpn.encoder.block.1.0", "glpn.encoder.layer_norm.3", "decoder.stages.3.fusion"),
        "decoder.stages.3.fusion",
    ),
}
every_family = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
IMAGE = noise(1, 60, 62)


def normalised(case: Case, image: Tensor) -> Tensor:
    """Padded by repeating the last row and column, then normalised."""
    height, width = (-(-side // case.multiple) * case.multiple for side in image.shape[-2:])
    rows, columns = (torch.arange(n).clamp_max(m - 1) for n, m in zip((height, width), image.shape[-2:], strict=True))
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in case.normalization)
    return (image[..., rows, :][..., columns] - mean) / std


def raw_depth(case: Case, network: nn.Module, image: Tensor) -> Tensor:
    """(B,1,H,W) by the network's own forward pass."""
    depth = network(normalised(case, image)).predicted_depth[:, None]
    return depth[..., : image.shape[-2], : image.shape[-1]]


@every_family
def test_depth_is_what_the_network_predicts(case: Case) -> None:
    network = case.make()
    model = adapt_huggingface(network)
    image = IMAGE if case.make is not networks.dpt_hybrid else noise(1, 64, 64)
    with torch.no_grad():
        assert torch.equal(model(image).depth, raw_depth(case, network, image))
    assert model.output_space == case.space
    assert model.multiple == case.multiple


@every_family
def test_gradients_are_those_of_ordinary_autograd(case: Case) -> None:
    """Also where transformers keeps a block's output for the neck by hooks of its own, installed at the first call."""
    network, plain = case.make(), case.make()
    model, image = adapt_huggingface(network), noise(1, 64, 64)
    with torch.no_grad():
        model(image)
        reference = raw_depth(case, plain, image.flip(-1)).flip(-1)
    kept = networks.kept_outputs(plain, case.layers)
    loss = (raw_depth(case, plain, image) - reference).square().mean()
    expected = torch.autograd.grad(loss, [kept[name] for name in case.layers])
    (found,) = GradientUncertainty(model, case.layers).gradients(image, lambda gradient: gradient)
    torch.testing.assert_close(found.loss[0], loss.detach(), rtol=1e-5, atol=0)
    for name, gradient in zip(case.layers, expected, strict=True):
        assert gradient.abs().max() > 0
        torch.testing.assert_close(found.layers[name], gradient, rtol=1e-4, atol=1e-4 * float(gradient.abs().max()))


@every_family
@pytest.mark.parametrize("reference", ["feature_flip", "feature_noise", "feature_dropout", "feature_scale"])
def test_feature_references_run_the_encoder_once(case: Case, reference: str) -> None:
    network = case.make()
    encoders = [getattr(network, name) for name in ("backbone", "dpt", "glpn") if hasattr(network, name)]
    calls = []
    for encoder in encoders:
        if encoder is not None:
            encoder.register_forward_hook(lambda *_: calls.append(1))
    image = noise(1, 64, 64)
    estimate = GradientUncertainty(adapt_huggingface(network), "auto", reference).estimate(image)
    assert len(calls) == 1
    assert estimate.loss.min() > 0
    assert estimate.uncertainty.isfinite().all()
    assert estimate.uncertainty.max() > estimate.uncertainty.min()


def test_flipped_features_are_flipped_tokens_by_hand() -> None:
    network = networks.depth_anything()
    image = noise(1, 56, 84)
    estimate = GradientUncertainty(adapt_huggingface(network), "auto", "feature_flip").estimate(image)
    with torch.no_grad():
        maps = network.backbone(normalised(CASES["depth_anything"], image)).feature_maps
        order = [0] + [1 + 6 * row + column for row in range(4) for column in reversed(range(6))]
        flipped = network.head(network.neck([tokens[:, order] for tokens in maps], 4, 6), 4, 6)
        depth = raw_depth(CASES["depth_anything"], network, image)
    expected = (depth[:, 0] - flipped.flip(-1)).square().mean()
    torch.testing.assert_close(estimate.loss[0], expected, rtol=1e-5, atol=0)


@every_family
def test_nothing_of_the_network_changes(case: Case) -> None:
    network = case.make()
    model, image = adapt_huggingface(network), noise(1, 64, 64)
    for training in (False, True):
        with torch.no_grad():
            model.eval()(image)
        before = fingerprint(model.train(training))
        GradientUncertainty(model, case.layers[0], ["flip", "feature_noise"]).estimate(image)
        assert fingerprint(model) == before


@every_family
def test_auto_takes_the_fused_features_at_a_quarter(case: Case) -> None:
    model = adapt_huggingface(case.make())
    estimator = GradientUncertainty(model, "auto")
    assert estimator.layers == (case.auto,)
    image = noise(1, 64, 64)
    row = next(row for row in list_layers(model, image) if row.name == case.auto)
    assert 3 <= 64 / row.shape[1] <= 4
    del model.auto_layer
    searched = GradientUncertainty(model, "auto")
    assert searched.layers == () or model.size == (64, 64), "of the hybrid the size is known"
    searched.estimate(image)
    assert searched.layers == automatic_layers(model, "auto", image)


def test_dpt_takes_images_that_are_not_square() -> None:
    """Its own forward pass does not; its neck does if it is told the grid."""
    network = networks.dpt()
    model, wide = adapt_huggingface(network), noise(1, 64, 128)
    with torch.no_grad():
        states = network.dpt(normalised(CASES["dpt"], wide), output_hidden_states=True).hidden_states[1:]
        expected = network.head(network.neck(list(states), 4, 8))[:, None]
        torch.testing.assert_close(model(wide).depth, expected, rtol=0, atol=0)
        assert not torch.equal(expected, network.head(network.neck(list(states), 8, 4))[:, None].transpose(2, 3))
    assert GradientUncertainty(model, "auto").estimate(wide).uncertainty.isfinite().all()


def test_a_clamped_output_has_no_gradient_and_no_nan() -> None:
    network = networks.depth_anything()
    network.head.conv3.bias.data.fill_(-1e6)
    estimate = GradientUncertainty(adapt_huggingface(network), CASES["depth_anything"].layers).estimate(IMAGE)
    assert (estimate.depth == 0).all()
    assert (estimate.uncertainty == 0).all()
    assert all((values == 0).all() for values in estimate.layers.values())


def test_dpt_on_dinov2_wants_to_know_what_it_predicts() -> None:
    network = networks.dpt_dinov2()
    with pytest.raises(InputError, match="give output_space="):
        adapt_huggingface(network)
    model = adapt_huggingface(network, output_space=METRIC)
    image = noise(1, 70, 60)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in IMAGENET)
    with torch.no_grad():
        raw = network(F.pad(image - mean, (0, 24, 0, 14), mode="replicate") / std).predicted_depth[:, None]
        # The coarsest of 3 rows of tokens is 2, so that the network answers with 16 rows per token, not 14.
        assert raw.shape == (1, 1, 96, 96)
        expected = 1 / F.interpolate(1 / raw.clamp_min(1e-12), (84, 84), mode="bilinear", align_corners=False)
        torch.testing.assert_close(model(image).depth, expected[..., :70, :60])


def test_overrides_and_size() -> None:
    model = adapt_huggingface(networks.dpt(), mean=(0, 0, 0), std=(1, 1, 1), output_space=METRIC, size=(64, 96))
    assert model.output_space == METRIC
    assert (model.mean == 0).all()
    assert list_layers(model)[0].name.startswith("dpt.")


def test_what_cannot_be_adapted() -> None:
    with pytest.raises(InputError, match=r"Conv2d is none of DepthAnything.*GLPN.*gradunc\.adapt"):
        adapt_huggingface(nn.Conv2d(3, 1, 1))
    with pytest.raises(InputError, match="images of 64x64 px only, not 96x64"):
        adapt_huggingface(networks.dpt_hybrid())(noise(1, 90, 64))
