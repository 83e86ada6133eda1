"""The lean recording gives the gradients of the ordinary one, keeps less and leaves the network alone."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from gradunc.uncertainty.gradient.recording import Recording


class Decoder(nn.Module):
    """Skip connections with and without graph, reflecting and zero pads, groups, strides, in-place activations."""

    def __init__(self, axis: int = 1) -> None:
        super().__init__()
        self.axis = axis
        self.reflect = nn.Conv2d(7, 6, 3, padding=1, padding_mode="reflect")
        self.zero = nn.Conv2d(6, 6, (3, 5), padding=(1, 2), groups=2)
        self.strided = nn.Conv2d(12, 4, 3, stride=2, padding=1, dilation=2)
        self.plain = nn.Conv2d(6, 6, 1)

    def forward(self, feature: Tensor, skip: Tensor) -> Tensor:
        joined = torch.cat([skip, F.interpolate(feature, scale_factor=2.0)], dim=self.axis)
        x = F.relu(self.reflect(joined), inplace=True)
        x = self.zero(x)
        both = torch.cat((x, self.plain(x)), 1)
        return self.strided(both).sigmoid() + joined.mean()


class ChangedAfterwards(nn.Module):
    """A concatenation that is changed in place before the convolution sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(7, 3, 3, padding=1, padding_mode="reflect")

    def forward(self, feature: Tensor, skip: Tensor) -> Tensor:
        joined = torch.cat([skip, F.interpolate(feature, scale_factor=2.0)], 1)
        joined.mul_(2.0).square_()
        return self.conv(joined)


class PartChangedAfterwards(ChangedAfterwards):
    """A part of the concatenation is changed in place; the concatenation keeps the old values."""

    def forward(self, feature: Tensor, skip: Tensor) -> Tensor:
        part = F.interpolate(feature, scale_factor=2.0)
        joined = torch.cat([skip, part], 1)
        part.relu_()
        return self.conv(joined) + part.mean()


class BiasFromFeatures(nn.Module):
    """The bias of a convolution depends on the features; its kernel does not."""

    def forward(self, feature: Tensor, skip: Tensor) -> Tensor:
        kernel = torch.linspace(-1, 1, 3 * 3 * 9, dtype=feature.dtype).view(3, 3, 3, 3)
        large = F.interpolate(feature, scale_factor=2.0)
        return torch.conv2d(skip * large.mean(1, keepdim=True), kernel, large.mean((0, 2, 3))[:3])


def inputs(requires_grad: bool = True) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    feature = torch.randn(2, 4, 4, 5, dtype=torch.double, generator=generator).requires_grad_(requires_grad)
    return feature, torch.randn(2, 3, 8, 10, dtype=torch.double, generator=generator)


def gradient(network: nn.Module, *, lean: bool) -> Tensor:
    feature, skip = inputs()
    if lean:
        with Recording():
            output = network(feature, skip)
    else:
        output = network(feature, skip)
    return torch.autograd.grad(output.square().sum(), feature)[0]


@pytest.mark.parametrize(
    "make", [Decoder, lambda: Decoder(axis=-3), ChangedAfterwards, PartChangedAfterwards, BiasFromFeatures]
)
@pytest.mark.parametrize("frozen", [False, True])
def test_gradients_are_those_of_the_ordinary_recording(make: Callable[[], nn.Module], frozen: bool) -> None:
    torch.manual_seed(0)
    network = make().double().requires_grad_(not frozen)

    torch.testing.assert_close(gradient(network, lean=True), gradient(network, lean=False))


def test_both_parts_of_a_concatenation_get_their_gradient() -> None:
    torch.manual_seed(0)
    network = Decoder().double()
    feature, skip = inputs()
    skip.requires_grad_()
    expected = torch.autograd.grad(network(feature, skip).square().sum(), (feature, skip))
    with Recording():
        output = network(feature, skip)
    found = torch.autograd.grad(output.square().sum(), (feature, skip))

    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def kept_bytes(network: nn.Module, *, lean: bool) -> int:
    """Size of all activations that the graph keeps; weights are there anyway."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    x = torch.randn(1, 8, 16, 16, requires_grad=True)
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        if lean:
            with Recording():
                output = network(x)
        else:
            output = network(x)
    assert output.requires_grad
    return sum(kept.values())


def test_convolutions_and_pads_keep_nothing_of_their_input() -> None:
    network = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"), nn.Conv2d(8, 8, 3))

    assert kept_bytes(network, lean=False) > 2 * 8 * 14 * 14 * 4
    assert kept_bytes(network, lean=True) == 0


def test_parameters_get_no_gradient_and_keep_their_flag() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Linear(6, 2))
    x = torch.randn(1, 3, 8, 8, requires_grad=True)
    with Recording():
        output = network(x)
    output.sum().backward()

    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())


def test_nothing_changes_for_inputs_without_graph() -> None:
    network = Decoder().double()
    feature, skip = inputs(requires_grad=False)
    with torch.no_grad():
        expected = network(feature, skip)
        with Recording():
            found = network(feature, skip)

    assert torch.equal(found, expected)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_padding_by_name(padding: str) -> None:
    network = nn.Conv2d(4, 2, 3, padding=padding).double()
    x = torch.randn(1, 4, 6, 6, dtype=torch.double, requires_grad=True)
    (expected,) = torch.autograd.grad(network(x).square().sum(), x)
    with Recording():
        output = network(x)

    torch.testing.assert_close(torch.autograd.grad(output.square().sum(), x)[0], expected)


def test_autocast() -> None:
    network = nn.Conv2d(4, 2, 3, padding=1, padding_mode="reflect")
    x = torch.randn(1, 4, 6, 6, requires_grad=True)
    (expected,) = torch.autograd.grad(network(x).sum(), x)
    with torch.autocast("cpu", torch.bfloat16), Recording():
        output = network(x)
    (found,) = torch.autograd.grad(output.float().sum(), x)

    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=2e-2, rtol=2e-2)
