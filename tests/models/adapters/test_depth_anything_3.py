"""Depth Anything 3 as a depth model: the package's own predictions, its confidence as uncertainty, its gradients."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc import GradientUncertainty, InputError, OutputSpace, adapt_depth_anything_3
from gradunc.export.trace import trace
from gradunc.models.adapters.depth_anything_3 import AUTO_LAYER, with_sky
from gradunc.models.adapters.factory import made_by
from gradunc.models.adapters.factory_name import FactoryName
from gradunc.uncertainty import Predicted, list_layers
from tests.models.adapters.depth_anything_3_networks import Published, any_view, monocular, needs_package
from tests.uncertainty.networks import fingerprint, noise

SCALE, AFFINE, METRES = (OutputSpace("depth", one) for one in ("scale", "affine", "metric"))
KINDS: dict[str, tuple[Callable[[], Any], OutputSpace]] = {"any": (any_view, SCALE), "mono": (monocular, AFFINE)}
of_all_kinds = pytest.mark.parametrize("kind", KINDS)


def adapted(kind: str) -> Any:
    network, space = KINDS[kind]
    return adapt_depth_anything_3(network(), output_space=space)


def normalised(image: Tensor) -> Tensor:
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return (image - mean.view(3, 1, 1)) / std.view(3, 1, 1)


def asked(network: Any, image: Tensor) -> Any:
    """What the package says of one image, sides multiples of 14, as a set of a single view."""
    return network(normalised(image)[:, None])


@needs_package
@of_all_kinds
def test_depth_is_what_the_package_predicts(kind: str) -> None:
    network, image = KINDS[kind][0](), noise(1, 56, 84)
    with torch.no_grad():
        found, expected = adapted(kind)(image), asked(network, image)
    assert expected.depth.std() > 0
    torch.testing.assert_close(found.depth, expected.depth)
    if kind == "any":
        torch.testing.assert_close(found.extras["confidence"], expected.depth_conf)
    else:
        assert 100 < (expected.sky >= 0.3).sum() < 56 * 84 - 100, "sky and ground"
        assert not found.extras


@needs_package
@of_all_kinds
def test_images_of_any_size_are_padded(kind: str) -> None:
    network, image = KINDS[kind][0](), noise(1, 45, 61)
    padded = nn.functional.pad(image, (0, 70 - 61, 0, 56 - 45), mode="replicate")
    with torch.no_grad():
        expected = asked(network, padded).depth[..., :45, :61]
        torch.testing.assert_close(adapted(kind)(image).depth, expected)


@needs_package
@of_all_kinds
def test_an_image_does_not_see_its_neighbours(kind: str) -> None:
    """In the package the sky of a batch is one: the other image is three times as bright."""
    model, images = adapted(kind), torch.cat([noise(1, 42, 56), noise(1, 42, 56) / 3])
    with torch.no_grad():
        together, alone = model(images).depth, [model(one[None]).depth for one in images]
    torch.testing.assert_close(together, torch.cat(alone))


@needs_package
def test_low_confidence_is_high_uncertainty() -> None:
    """The package fits the scale where the confidence is at least its median: there the uncertainty is the lower."""
    from depth_anything_3.utils.alignment import compute_alignment_mask  # pyright: ignore[reportMissingImports]

    network, image = any_view(), noise(1, 56, 84)
    with torch.no_grad():
        told = asked(network, image)
    everywhere = torch.ones_like(told.depth, dtype=torch.bool)
    confident = compute_alignment_mask(told.depth_conf, everywhere, told.depth, told.depth, told.depth_conf.median())
    estimate = Predicted(adapt_depth_anything_3(network)).estimate(image)
    assert 0 < confident.sum() < confident.numel()
    assert estimate.uncertainty[confident].max() <= estimate.uncertainty[~confident].min()
    torch.testing.assert_close(estimate.uncertainty, -told.depth_conf)


@needs_package
def test_trained_confidence_is_lower_where_depth_cannot_be_known() -> None:
    """Loss c|d - t| - log c of a depth that is random in the right half of the images, where its minimum is lower c."""
    model, images = adapt_depth_anything_3(any_view()), noise(2, 42, 56)
    draws = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(40):
        truth = torch.ones(2, 1, 42, 56)
        truth[..., 28:] += torch.randn(2, 1, 42, 28, generator=draws)
        answer = model(images)
        confidence = answer.extras["confidence"]
        loss = (confidence * (answer.depth - truth).abs() - 0.2 * confidence.log()).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    uncertainty = Predicted(model.eval()).estimate(images).uncertainty
    assert uncertainty[..., 32:].mean() > uncertainty[..., :24].mean() + 0.1


@needs_package
@of_all_kinds
def test_gradients_are_those_of_ordinary_autograd(kind: str) -> None:
    network, image = KINDS[kind][0](), noise(1, 56, 84)
    with torch.no_grad():
        reference = asked(network, image.flip(-1)).depth.flip(-1)
    kept: list[Tensor] = []
    handle = network.get_submodule(AUTO_LAYER).register_forward_hook(lambda _, __, output: kept.append(output))
    loss = (_depth(network, image) - reference).square().mean()
    handle.remove()
    (expected,) = torch.autograd.grad(loss, kept)
    (found,) = GradientUncertainty(adapted(kind), "auto").gradients(image, lambda gradient: gradient)
    torch.testing.assert_close(found.loss[0], loss.detach(), rtol=1e-4, atol=0)
    assert expected.abs().max() > 0
    torch.testing.assert_close(found.layers[AUTO_LAYER], expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def _depth(network: Any, image: Tensor) -> Tensor:
    """With a graph; the sky of the package is a constant here, as it is in the model."""
    head = network.head.scratch
    kept: list[Tensor] = []
    handle = head.output_conv2.register_forward_hook(lambda _, __, output: kept.append(output))
    answer = asked(network, image)
    handle.remove()
    depth = kept[0][:, :1].exp()
    return depth if "sky" not in answer else torch.where(answer.sky < 0.3, depth, answer.depth.detach())


@needs_package
@of_all_kinds
def test_layers(kind: str) -> None:
    """The published position is the decoder's at 4 times the patches; the other fusions are found by their names."""
    model, image = adapted(kind), noise(1, 56, 84)
    assert GradientUncertainty(model, "auto").layers == (AUTO_LAYER,)
    shapes = {row.name: row.shape for row in list_layers(model, image)}
    assert shapes[AUTO_LAYER] == (16, 16, 24)
    estimator = GradientUncertainty(model, ["head.scratch.refinenet[1-4].resConfUnit2"])
    estimate = estimator.estimate(image)
    assert len(estimator.layers) == 4
    assert all(one.abs().max() > 0 for one in estimate.layers.values())
    assert estimate.uncertainty.min() < estimate.uncertainty.max()


@needs_package
@of_all_kinds
def test_features_are_the_tokens_of_the_backbone(kind: str) -> None:
    """Mirrored features run the head alone; the loss is that of mirroring the tokens by hand."""
    network, image = KINDS[kind][0](), noise(1, 56, 84)
    calls: list[str] = []
    for name in ("backbone", "head"):
        network.get_submodule(name).register_forward_hook(lambda *_, name=name: calls.append(name))
    model = adapt_depth_anything_3(network, output_space=KINDS[kind][1])
    estimate = GradientUncertainty(model, "auto", "feature_flip").estimate(image)
    assert sorted(calls) == ["backbone", "head", "head"]
    with torch.no_grad():
        features = network.backbone(normalised(image)[:, None])[0]
        mirrored = [(tokens.view(1, 1, 4, 6, -1).flip(3).flatten(2, 3),) for tokens, _ in features]
        answer = network.head(mirrored, 56, 84, patch_start_idx=0)
        other = answer.depth if "sky" not in answer else with_sky(answer.depth, answer.sky)
        expected = (model(image).depth - other.flip(-1)).square().mean()
    torch.testing.assert_close(estimate.loss, expected.view(1), rtol=1e-4, atol=0)


@needs_package
@of_all_kinds
def test_nothing_of_the_network_changes(kind: str) -> None:
    model, image = adapted(kind), noise(1, 42, 56)
    for training in (False, True):
        before = fingerprint(model.train(training))
        GradientUncertainty(model, "auto", ["flip", "feature_noise"]).estimate(image)
        assert fingerprint(model) == before


@needs_package
def test_only_the_monocular_ones_are_exported() -> None:
    """The rotary embedding of the others asks a tensor for its largest position."""
    estimator, image = GradientUncertainty(adapted("mono"), "auto"), noise(1, 42, 56)
    expected = estimator.estimate(image)
    depth, uncertainty = trace(estimator, (42, 56))(image)
    torch.testing.assert_close(depth, expected.depth)
    extent = float(expected.uncertainty.abs().max())
    torch.testing.assert_close(uncertainty, expected.uncertainty, rtol=0, atol=1e-4 * extent)
    with pytest.raises(InputError, match=r"rope\.py .* makes a number of a tensor"):
        trace(GradientUncertainty(adapted("any"), "auto"), (42, 56))


def test_sky_is_as_far_as_nearly_all_else_of_its_image() -> None:
    """By hand: 101 depths 0, 1, ... 100 on the ground, whose 99 % quantile is 99; too few pixels stay as they are."""
    depth = torch.arange(101.0).repeat(2, 1)
    depth = torch.cat([depth, torch.full((2, 20), 500.0)], 1).view(2, 1, 11, 11).requires_grad_()
    sky = torch.zeros(2, 121)
    sky[0, 101:], sky[1, 111:] = 1, 1
    found = with_sky(depth, sky.view(2, 1, 11, 11))
    assert (found[0].flatten()[101:] == 99).all()
    assert torch.equal(found[0].flatten()[:101], depth[0].flatten()[:101])
    assert torch.equal(found[1], depth[1]), "ten pixels of sky"
    found[0].sum().backward()
    assert depth.grad is not None
    assert torch.equal(depth.grad[0].flatten(), (torch.arange(121) < 101).float())


@needs_package
def test_metres_by_the_focal_length() -> None:
    """README of the package: metric_depth = focal * net_output / 300."""
    model = adapt_depth_anything_3(Published(monocular(), "da3metric-large"), output_space=METRES)
    images, camera = noise(2, 42, 56), torch.eye(3).repeat(2, 1, 1)
    camera[0, 0, 0], camera[0, 1, 1], camera[1, 0, 0], camera[1, 1, 1] = 590, 610, 300, 300
    plain = adapted("mono")(images).depth
    torch.testing.assert_close(model(images, intrinsics=camera).depth, plain * torch.tensor([2.0, 1]).view(2, 1, 1, 1))
    for reference in ("flip", "feature_noise"):
        estimate = GradientUncertainty(model, "auto", reference).estimate(images, intrinsics=camera)
        torch.testing.assert_close(estimate.depth[0], 2 * plain[0].detach())
        assert estimate.uncertainty.isfinite().all()
    with pytest.raises(InputError, match=r"intrinsics have the shape \(3, 3\); \(B,3,3\) is needed"):
        model(images, intrinsics=camera[0])
    with pytest.raises(InputError, match=r"give intrinsics=\(B,3,3\) in pixels of the image"):
        model(images)


@needs_package
def test_the_name_says_what_the_numbers_mean() -> None:
    spaces = {"da3mono-large": AFFINE, "da3metric-large": SCALE}
    found = {name: adapt_depth_anything_3(Published(monocular(), name)) for name in spaces}
    assert {name: model.output_space for name, model in found.items()} == spaces
    assert [model.own_uncertainty for model in found.values()] == [None, None]
    small = adapt_depth_anything_3(Published(any_view(), "da3-small"))
    assert small.output_space == SCALE
    assert small(noise(1, 30, 30)).depth.shape == (1, 1, 30, 30), "and the network inside is asked"


@needs_package
def test_photos_are_prepared() -> None:
    """The longer side becomes 504 px, as `upper_bound_resize` of the package does; 518 is 37 patches of 14."""
    preparation = adapted("any").preparation
    assert [preparation.size_for(size) for size in ((480, 640), (375, 1242), (100, 50))] == [
        (378, 504),
        (152, 504),
        (504, 252),
    ]


@needs_package
def test_a_file_of_code_gives_the_network(tmp_path: Path) -> None:
    file = tmp_path / "my_network.py"
    file.write_text(
        "from gradunc import adapt_depth_anything_3\n"
        "from tests.models.adapters.depth_anything_3_networks import any_view\n\n\n"
        "def build():\n    return adapt_depth_anything_3(any_view())\n"
    )
    model = made_by(FactoryName(file, "build"))
    with torch.no_grad():
        image = noise(1, 42, 56)
        torch.testing.assert_close(model(image).depth, adapted("any")(image).depth)


@needs_package
def test_what_cannot_be_adapted() -> None:
    with pytest.raises(InputError, match="a Linear is no network of Depth Anything 3; give DepthAnything3"):
        adapt_depth_anything_3(nn.Linear(1, 1))
    with pytest.raises(InputError, match=r"relative depth \(da3mono\).*give output_space=OutputSpace"):
        adapt_depth_anything_3(monocular())
    nested = nn.Module()
    nested.da3, nested.da3_metric = any_view(), monocular()
    with pytest.raises(InputError, match=r"adapt the one that sees any views: adapt_depth_anything_3\(network\.da3\)"):
        adapt_depth_anything_3(nested)


@needs_package
def test_a_network_with_gaussians_is_not_what_its_preset_loads() -> None:
    network: Any = any_view()
    known = {"library": "depth_anything_3", "config": "da3-giant"}
    assert adapt_depth_anything_3(Published(network, "da3-giant")).origin == known
    network.gs_head = nn.Identity()
    assert adapt_depth_anything_3(Published(network, "da3-giant")).origin == {}
