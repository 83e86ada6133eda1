"""A traced estimator gives what the estimator gives."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gradunc.errors import InputError
from gradunc.export import compile_estimator
from gradunc.export.trace import trace
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.references import REFERENCES
from tests.helpers import random_images
from tests.uncertainty.networks import Chain, Pyramid

pytestmark = pytest.mark.slow

SIZE = (13, 22)
TWO = ["block", "fuse"]


def assert_same(graph, estimator, image):
    """Depth equal, uncertainty to rounding; NaN exactly where the estimator knows nothing."""
    depth, uncertainty = graph(image)
    expected = estimator.estimate(image, index=torch.zeros(len(image), dtype=torch.long))
    known = torch.where(expected.valid, expected.uncertainty, torch.nan)
    torch.testing.assert_close(depth, expected.depth, rtol=1e-6, atol=1e-6 * float(expected.depth.abs().max()))
    extent = float(expected.uncertainty[expected.valid].abs().max())
    torch.testing.assert_close(uncertainty, known, rtol=0, atol=1e-4 * extent, equal_nan=True)
    assert not uncertainty.requires_grad


ESTIMATORS = [
    *({"reference": name} for name in REFERENCES if not name.startswith(("given", "feature", "scale"))),
    *({"reference": {name: {"layer": "deep"}}} for name in REFERENCES if name.startswith("feature")),
    {"reference": ["flip", "gray"], "loss": "variance"},
    {"loss": "l1", "channels": "norm"},
    {"loss": "squared_log", "channels": "absmax"},
    {"layers": TWO},
    {"layers": TWO, "across_layers": "max", "channels": "mean"},
    {"layers": TWO, "across_layers": "mean", "channels": "sum"},
    {"layers": "stem.0"},
    {"layers": "deep.0"},
]


def test_a_network_whose_weights_are_buffers():
    model = Pyramid().eval()
    for module in model.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, weight.detach())
    estimator = GradientUncertainty(model, ["block"])
    assert_same(trace(estimator, SIZE), estimator, random_images(1, *SIZE))


@pytest.mark.parametrize("settings", ESTIMATORS, ids=str)
@pytest.mark.parametrize("inplace", [False, True])
def test_agreement(settings, inplace):
    estimator = GradientUncertainty(Pyramid(inplace=inplace), **({"layers": "fuse"} | settings))
    assert_same(trace(estimator, SIZE), estimator, random_images(1, *SIZE, seed=3))


@pytest.mark.parametrize("reference", ["flip", "feature_flip"])
def test_agreement_of_our_networks(resnet, rt_monodepth, reference):
    """At sizes that need padding."""
    for model, size in ((resnet, (60, 90)), (rt_monodepth, (40, 61))):
        estimator = GradientUncertainty(model, ["decoder.blocks.*.conv"], reference, across_layers="max")
        assert_same(trace(estimator, size), estimator, random_images(1, *size))


def test_agreement_of_the_coarse_head(resnet, rt_monodepth):
    for model, size in ((resnet, (60, 90)), (rt_monodepth, (40, 61))):
        estimator = GradientUncertainty.fast(model)
        assert_same(trace(estimator, size), estimator, random_images(1, *size))


@pytest.mark.parametrize("reference", ["flip", "none"])
def test_agreement_of_averaged_output(reference):
    estimator = GradientUncertainty.fast(Pyramid(), layers="block", reference=reference)
    assert_same(trace(estimator, SIZE), estimator, random_images(1, *SIZE, seed=3))


def test_agreement_of_random_features(resnet):
    # At all levels: with fresh weights the deepest alone moves the depth by rounding only.
    estimator = GradientUncertainty(resnet, reference={"feature_noise": {"levels": "all"}})
    assert_same(trace(estimator, (60, 90)), estimator, random_images(1, 60, 90))


@pytest.mark.parametrize("chunk", [1, 2])
def test_batches_are_unrolled(chunk):
    estimator = GradientUncertainty(Pyramid(), "fuse", chunk=chunk)
    assert_same(trace(estimator, SIZE, batch=3), estimator, random_images(3, *SIZE))


def test_unknown_pixels_are_nan():
    estimator = GradientUncertainty(Pyramid(), "fuse", {"rotate": {"degrees": 30}})
    image = random_images(1, *SIZE)
    unknown = trace(estimator, SIZE)(image)[1].isnan()
    assert torch.equal(unknown, ~estimator.estimate(image).valid)
    assert 0 < int(unknown.sum()) < unknown.numel()


def test_noise_is_a_constant_of_index_zero():
    estimator = GradientUncertainty(Pyramid(), "fuse", "noise", seed=5)
    graph, image = trace(estimator, SIZE), random_images(1, *SIZE)
    assert torch.equal(graph(image)[1], graph(image)[1])
    other = GradientUncertainty(Pyramid(), "fuse", "noise", seed=6)
    assert not torch.allclose(graph(image)[1], trace(other, SIZE)(image)[1])


@pytest.fixture(scope="module")
def recommended(resnet):
    """The trace of the recommended estimator; nobody may change it."""
    return trace(GradientUncertainty(resnet), (64, 96))


def test_only_operators_that_a_runtime_without_autograd_knows(recommended):
    names = {str(node.target) for node in recommended.graph.nodes if node.op == "call_function"}
    assert not {name for name in names if "backward" in name or "_." in name}
    assert "aten.elu.default" in names
    assert not {"aten.maximum.default", "aten.exp.default"} & names, "ELU stays one operator"


def test_gradients_of_skip_connections_are_not_computed(resnet, recommended):
    """Block 7 sees 16 channels of block 6 and 64 of the encoder; the encoder's are not asked for."""
    weights = [
        getattr(recommended, str(node.args[1].target)).shape
        for node in recommended.graph.find_nodes(op="call_function", target=torch.ops.aten.convolution.default)
    ]
    block_7 = resnet.decoder.blocks[7].conv.weight
    own = block_7.shape[1] - 64
    assert torch.Size([own, block_7.shape[0], 3, 3]) in weights
    assert torch.Size([block_7.shape[1], block_7.shape[0], 3, 3]) not in weights


def test_weights_are_stored_once(resnet, recommended):
    stored = sum(buffer.nbytes for buffer in recommended.buffers())
    assert stored < 1.1 * sum(parameter.nbytes for parameter in resnet.parameters())
    assert not list(recommended.parameters())


def test_nothing_of_the_network_changes(resnet):
    before = {name: tensor.clone() for name, tensor in resnet.state_dict().items()}
    trace(GradientUncertainty(resnet), (64, 96))(random_images())
    assert all(torch.equal(tensor, before[name]) for name, tensor in resnet.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in resnet.parameters())


class Attention(nn.Module):
    """Depth of tokens that look at one another."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, image):
        maps = self.patches(image)
        tokens = self.norm(maps.flatten(2).transpose(1, 2))[:, None]
        mixed = F.gelu(F.scaled_dot_product_attention(tokens, tokens, tokens)[:, 0]).transpose(1, 2)
        depth = self.head(mixed.unflatten(2, maps.shape[-2:]) + maps)
        return DepthPrediction(F.interpolate(depth, image.shape[-2:], mode="bilinear", align_corners=True))


def test_attention():
    estimator = GradientUncertainty(Attention().eval(), "patches")
    assert_same(trace(estimator, (16, 24)), estimator, random_images(1, 16, 24))


class Sampled(nn.Module):
    def forward(self, x):
        grid = F.affine_grid(torch.eye(2, 3)[None], list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


def test_an_operator_without_adjoint_is_named():
    network = Chain(nn.Conv2d(3, 2, 1), nn.Sequential(Sampled(), nn.Conv2d(2, 1, 1)))
    with pytest.raises(InputError, match=r"'aten.grid_sampler_2d_backward' has no adjoint.*choose a layer behind it"):
        trace(GradientUncertainty(network, "features"), SIZE)
    with pytest.raises(InputError) as error:
        trace(GradientUncertainty(network, "features"), SIZE)
    assert "\n" not in str(error.value)
    trace(GradientUncertainty(network, "head.1"), SIZE)


class Normalised(nn.Module):
    def forward(self, x):
        return x / float(x.detach().abs().max())


def test_a_value_of_the_image_in_the_code_is_named():
    """As a constant of the graph it would be that of the image that was traced."""
    network = Chain(nn.Conv2d(3, 2, 1), nn.Sequential(Normalised(), nn.Conv2d(2, 1, 1)))
    place = r"line \d+ of test_trace\.py \(return x / float\(x\.detach\(\)\.abs\(\)\.max\(\)\)\)"
    with pytest.raises(InputError, match=rf"^{place} makes a number of a tensor.*cannot be exported$") as error:
        trace(GradientUncertainty(network, "features"), SIZE)
    assert "\n" not in str(error.value)


def test_compiled():
    network = Chain(nn.Conv2d(3, 2, 3, padding=1), nn.Conv2d(2, 1, 3, padding=1), nn.ELU())
    estimator = GradientUncertainty(network, "features")
    compiled = compile_estimator(estimator, SIZE)
    assert_same(compiled, estimator, random_images(1, *SIZE))
    with pytest.raises(InputError, match=r"compiled for images \(1, 3, 13, 22\), not \(1, 3, 13, 23\)"):
        compiled(random_images(1, 13, 23))
