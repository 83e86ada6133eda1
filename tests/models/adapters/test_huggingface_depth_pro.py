"""DepthPro, whose depth in metres follows from an inverse depth and a field of view, at the one size that it takes."""

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import DepthProImageProcessor

from gradunc import GradientUncertainty, InputError, OutputSpace, adapt_huggingface
from gradunc.uncertainty import list_layers
from tests.models.adapters.huggingface_networks import depth_pro, kept_outputs
from tests.uncertainty.networks import noise

AUTO = "fusion_stage.intermediate.3.residual_layer2"
IMAGE = noise(2, 128, 128)


def published(outputs: Any) -> Tensor:
    """(B,1,H,W): what the library's own processing makes of the answer, at the size of the answer."""
    sizes = [(128, 128)] * len(outputs.predicted_depth)
    processor: Any = DepthProImageProcessor()
    return torch.stack([one["predicted_depth"] for one in processor.post_process_depth_estimation(outputs, sizes)])[
        :, None
    ]


def test_depth_is_what_the_library_makes_of_the_answer() -> None:
    network = depth_pro()
    model = adapt_huggingface(network)
    with torch.no_grad():
        outputs = network((IMAGE - 0.5) / 0.5)
        torch.testing.assert_close(model(IMAGE).depth, published(outputs), rtol=1e-5, atol=0)
    assert outputs.field_of_view[0] != outputs.field_of_view[1]
    assert model.output_space == OutputSpace("depth", "metric")
    assert model.size == (128, 128)


def test_without_a_field_of_view_the_depth_has_a_free_factor() -> None:
    network = depth_pro(view=False)
    model = adapt_huggingface(network)
    with torch.no_grad():
        inverse = network((IMAGE - 0.5) / 0.5).predicted_depth[:, None]
        torch.testing.assert_close(model(IMAGE).depth, 1 / inverse.clamp(1e-4, 1e4), rtol=1e-6, atol=0)
    assert model.output_space == OutputSpace("depth", "scale")


def test_gradients_are_those_of_ordinary_autograd() -> None:
    network, plain = depth_pro(), depth_pro()
    image, layers = IMAGE[:1], (AUTO, "depth_pro.neck.feature_projection.projections.1")
    normalised = (image - 0.5) / 0.5
    with torch.no_grad():
        reference = published(plain(normalised.flip(-1))).flip(-1)
    kept = kept_outputs(plain, layers)
    loss = (published(plain(normalised)) - reference).square().mean()
    expected = torch.autograd.grad(loss, [kept[name] for name in layers])
    (found,) = GradientUncertainty(adapt_huggingface(network), layers).gradients(image, lambda gradient: gradient)
    for name, gradient in zip(layers, expected, strict=True):
        assert gradient.abs().max() > 0
        torch.testing.assert_close(found.layers[name], gradient, rtol=1e-3, atol=1e-4 * float(gradient.abs().max()))


def test_the_features_are_made_once_and_auto_reads_at_a_quarter() -> None:
    network: Any = depth_pro()
    calls = []
    network.depth_pro.register_forward_hook(lambda *_: calls.append(1))
    model = adapt_huggingface(network)
    estimator = GradientUncertainty(model, "auto", "feature_noise")
    assert estimator.layers == (AUTO,)
    assert estimator.estimate(IMAGE[:1]).uncertainty.isfinite().all()
    assert len(calls) == 1
    assert next(row for row in list_layers(model) if row.name == AUTO).shape[-2:] == (32, 32)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="DepthPro takes images of 128x128 px only, not 128x96; resize them before"):
        adapt_huggingface(depth_pro())(noise(1, 128, 96))
