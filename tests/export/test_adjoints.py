"""Every adjoint against autograd: traced with its own operators only, it must give the same gradient."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.attention import SDPBackend, sdpa_kernel

from gradunc.export.adjoints import ADJOINTS

pytestmark = pytest.mark.slow


def operators(module):
    return {str(node.target) for node in module.graph.nodes if node.op == "call_function"}


def check(function, *shape, allow=(), tolerance=1e-10):
    """Gradient of a random combination of `function`'s outputs, by autograd and by the adjoints."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    weights = torch.randn(function(x).shape, generator=generator, dtype=torch.float64)

    def gradient(x):
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad((function(x) * weights).sum(), x)[0]

    traced = make_fx(gradient, decomposition_table=dict(ADJOINTS))(x)
    left = {name for name in operators(traced) if "backward" in name} - set(allow)
    assert not left
    # Another input than the traced one: nothing of it may have become a constant.
    other = torch.randn(shape, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(traced(other), gradient(other), rtol=tolerance, atol=tolerance)
    return operators(traced)


def parameters(module):
    return module.double().requires_grad_(False)


CONVOLUTIONS = [
    {"kernel_size": 3},
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 1, "padding": 2},
    {"kernel_size": (2, 5), "padding": (1, 0)},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 7, "stride": 2, "padding": 3},
    {"kernel_size": 4, "stride": (4, 3)},
    {"kernel_size": 3, "dilation": 2, "padding": 2},
    {"kernel_size": 3, "dilation": (1, 3), "stride": (3, 2)},
    {"kernel_size": 3, "groups": 2, "padding": 1},
    {"kernel_size": 3, "groups": 2, "padding": 1, "stride": 2},
    {"kernel_size": 3, "padding": 1, "padding_mode": "reflect"},
    {"kernel_size": 3, "padding": 1, "padding_mode": "replicate"},
    {"kernel_size": 3, "padding": 1, "padding_mode": "circular"},
]


@pytest.mark.parametrize("settings", CONVOLUTIONS, ids=str)
@pytest.mark.parametrize("size", [(12, 13), (9, 16)])
def test_convolution(settings, size):
    torch.manual_seed(0)
    check(parameters(nn.Conv2d(4, 6, **settings)), 2, 4, *size)


def test_stride_one_is_an_ordinary_convolution():
    """A transposed convolution is several times slower in onnxruntime."""
    traced = make_fx(
        lambda grad, x, w: torch.ops.aten.convolution_backward(
            grad, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, False, False]
        ),
        decomposition_table=dict(ADJOINTS),
    )(torch.rand(1, 3, 5, 5), torch.rand(1, 2, 5, 5), torch.rand(3, 2, 3, 3))
    (node,) = traced.graph.find_nodes(op="call_function", target=torch.ops.aten.convolution.default)
    assert node.args[6] is False


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 2, "stride": 2},
        {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1},
        {"kernel_size": 3, "dilation": 3, "output_padding": 2},
        {"kernel_size": 3, "groups": 2, "padding": 1},
    ],
    ids=str,
)
def test_transposed_convolution(settings):
    torch.manual_seed(0)
    check(parameters(nn.ConvTranspose2d(4, 6, **settings)), 2, 4, 5, 7)


def test_convolution_of_one_and_three_dimensions():
    torch.manual_seed(0)
    check(parameters(nn.Conv1d(2, 3, 3, stride=2)), 2, 2, 10)
    check(parameters(nn.Conv3d(2, 3, 3, padding=1)), 1, 2, 4, 5, 6)


PADDINGS = [(1, 1, 1, 1), (2, 0, 1, 3), (0, 3, 0, 0), (3, 3, 4, 4)]
ALL_PADDINGS = [*product(["reflect", "replicate", "constant"], PADDINGS), ("constant", (-1, 2, 1, -2))]
"""Only constant padding may be negative."""


@pytest.mark.parametrize(("mode", "padding"), ALL_PADDINGS, ids=str)
@pytest.mark.parametrize("size", [(5, 4), (9, 12)])
def test_padding(mode, padding, size):
    check(lambda x: F.pad(x, padding, mode=mode), 2, 3, *size)


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
def test_padding_of_a_small_map(mode):
    """Both borders meet in the same cells."""
    check(lambda x: F.pad(x, (1, 1, 1, 1), mode=mode), 1, 2, 2, 3)
    check(lambda x: F.pad(x, (3, 2), mode=mode), 1, 2, 4)


MODES = [("nearest", None), ("bilinear", False), ("bilinear", True), ("bicubic", False), ("bicubic", True)]


@pytest.mark.parametrize(("mode", "align"), MODES)
@pytest.mark.parametrize("size", [(8, 12), (7, 5), (4, 6), (2, 3), (9, 6)], ids=str)
def test_resizing(mode, align, size):
    check(lambda x: F.interpolate(x, size, mode=mode, align_corners=align), 2, 3, 4, 6)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [2.0, 3.0, 1.7, (0.5, 2.5)], ids=str)
def test_resizing_by_a_factor(mode, factor):
    check(lambda x: F.interpolate(x, scale_factor=factor, mode=mode), 2, 3, 6, 8)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_resizing_with_antialias(mode):
    check(lambda x: F.interpolate(x, (3, 4), mode=mode, antialias=True), 2, 3, 8, 9)


ACTIVATIONS = [
    nn.ReLU(),
    nn.LeakyReLU(0.1),
    nn.ReLU6(),
    nn.ELU(),
    nn.ELU(0.7),
    nn.SELU(),
    nn.CELU(0.5),
    nn.GELU(),
    nn.GELU("tanh"),
    nn.SiLU(),
    nn.Mish(),
    nn.Hardswish(),
    nn.Hardsigmoid(),
    nn.Hardtanh(),
    nn.Sigmoid(),
    nn.Tanh(),
    nn.Softplus(),
    nn.LogSigmoid(),
    nn.GLU(1),
    nn.Softmax(1),
    nn.LogSoftmax(-1),
    nn.PReLU(4),
]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_activation(activation):
    # Constants of hardsigmoid are float32 in PyTorch.
    tolerance = 1e-7 if isinstance(activation, nn.Hardsigmoid) else 1e-10
    found = check(parameters(activation), 2, 4, 5, 6, tolerance=tolerance)
    if isinstance(activation, nn.ReLU | nn.LeakyReLU) or str(activation) == "ELU(alpha=1.0)":
        assert not any("where" in name for name in found), "a selection is slow in onnxruntime"


def test_activation_that_overwrites_its_input():
    check(lambda x: F.leaky_relu_(F.elu_(x * 2) + 0.1, 0.2), 2, 4, 5)


@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm2d(4),
        nn.BatchNorm2d(4, affine=False),
        nn.GroupNorm(2, 4),
        nn.LayerNorm([5, 6]),
        nn.InstanceNorm2d(4),
    ],
    ids=str,
)
def test_normalisation(layer):
    layer = parameters(layer).eval()
    for tensor in layer.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 2)
    allow = {"aten.native_batch_norm_backward.default"} if isinstance(layer, nn.InstanceNorm2d) else ()
    check(layer, 2, 4, 5, 6, allow=allow)


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(
    "settings",
    [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": (2, 3), "stride": (3, 1)}],
    ids=str,
)
@pytest.mark.parametrize("size", [(8, 9), (7, 10)])
def test_pooling(settings, ceil, size):
    check(nn.MaxPool2d(**settings, ceil_mode=ceil), 2, 3, *size)
    for count_pad, divisor in product([True, False], [None, 5]):
        check(
            nn.AvgPool2d(**settings, ceil_mode=ceil, count_include_pad=count_pad, divisor_override=divisor), 2, 3, *size
        )


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (2, 9)], ids=str)
def test_adaptive_pooling(size):
    check(nn.AdaptiveAvgPool2d(size), 2, 3, 7, 9)


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: x[:, 1:3],
        lambda x: x[..., -3:],
        lambda x: x[:, :, 1:8:3],
        lambda x: x[..., 1::2],
        lambda x: x[:, -1],
        lambda x: x[:, :, 2],
        lambda x: x[..., None, 0],
        lambda x: torch.cat(x.split(2, 1)[::-1], 1),
        lambda x: x.chunk(2, -1)[1],
        lambda x: F.pixel_shuffle(x, 2),
        lambda x: x.flip(-1).roll(2, 2).transpose(1, 2).reshape(2, -1),
        lambda x: x.mean((2, 3), keepdim=True).expand_as(x) * x.amax(1, keepdim=True),
    ],
)
def test_cutting_and_arranging(cut):
    check(cut, 2, 4, 8, 9)


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize(("start", "end"), [(1, 3), (-2, None), (None, 5), (0, 8)])
def test_writing_in_place(start, end, step):
    def write(x):
        changed = x.clone()
        changed[:, :, start:end:step] += x.sin()[:, :, start:end:step]
        return changed

    x = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
    traced = make_fx(torch.func.functionalize(write), decomposition_table=dict(ADJOINTS))(x)
    assert torch.equal(traced(2 * x), write(2 * x))
    assert step == 2 or "aten.slice_scatter.default" not in operators(traced)


def test_attention():
    with sdpa_kernel(SDPBackend.MATH):
        check(lambda x: F.scaled_dot_product_attention(x, 2 * x, x.flip(2)), 1, 2, 5, 4)
