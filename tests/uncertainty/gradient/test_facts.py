"""Facts about PyTorch that the engine is built on (docs/architecture.md, facts 1 to 6; docs/methods.md A.9, H.2).

If one of these fails with a new PyTorch, the engine's reasons have changed. Fact 1 (Lightning's inference mode) also
stands in tests/callbacks/test_uncertainty.py.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import Pyramid, added_gradients, flipped_depth, noise

X = torch.tensor([[-1.0, 2.0]])


def two_layers(inplace: bool) -> nn.Sequential:
    """y = sum(elu(2 x)): gradient at the layer's output exp(-2), 1; behind the ELU 1, 1."""
    layer = nn.Linear(2, 2, bias=False)
    layer.weight.data = 2 * torch.eye(2)
    return nn.Sequential(layer, nn.ELU(inplace=inplace))


@pytest.mark.parametrize(
    ("inplace", "clone", "expected"),
    [(False, False, [0.1353, 1]), (True, False, [1.0, 1]), (True, True, [0.1353, 1])],
)
def test_an_in_place_activation_overwrites_what_a_hook_has_stored(
    inplace: bool, clone: bool, expected: list[float]
) -> None:
    model, stored = two_layers(inplace), list[Tensor]()

    def hook(_module: nn.Module, _arguments: object, output: Tensor) -> Tensor | None:
        stored.append(output)
        return output.clone() if clone else None

    model[0].register_forward_hook(hook)
    (gradient,) = torch.autograd.grad(model(X).sum(), stored[0])

    assert gradient.flatten().tolist() == pytest.approx(expected, abs=1e-4)


def test_a_full_backward_hook_refuses_in_place_activations() -> None:
    model = two_layers(inplace=True)
    model[0].register_full_backward_hook(lambda _module, _into, _out: None)

    with pytest.raises(RuntimeError, match="modified inplace"):
        model(X)


def test_a_tensor_of_inference_mode_needs_a_copy_outside() -> None:
    with torch.inference_mode():
        image = torch.ones(1, 2)
        with torch.inference_mode(False), torch.enable_grad():
            with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
                nn.Linear(2, 1)(image)
            assert nn.Linear(2, 1)(image.clone()).requires_grad


def test_hooks_added_after_compilation_do_not_fire_but_those_of_the_plain_network_do() -> None:
    plain = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    compiled, calls = torch.compile(plain, backend="eager"), list[int]()
    compiled(X)
    plain[0].register_forward_hook(lambda _module, _arguments, _output: calls.append(1))
    plain(X)

    assert calls == [1]
    assert compiled._orig_mod is plain


def test_grad_leaves_parameters_alone_and_backward_does_not() -> None:
    model = nn.Linear(2, 1)
    x = X.clone().requires_grad_()
    torch.autograd.grad(model(x).sum(), x)
    assert model.weight.grad is None
    model(x).sum().backward()
    assert model.weight.grad is not None


class TestRecordingFromTheFirstLayerOn:
    LAYERS = ("stem.0", "block", "fuse")

    def test_frozen_trainable_and_in_place_networks_agree_with_ordinary_autograd(self) -> None:
        image = noise(2, 8, 12).to(memory_format=torch.channels_last)
        plain = Pyramid()
        expected = added_gradients(plain, self.LAYERS, image, flipped_depth(plain, image))
        for inplace in (False, True):
            for frozen in (False, True):
                model = Pyramid(inplace).requires_grad_(not frozen)
                found = GradientUncertainty(model, self.LAYERS, channels="sum", chunk=2).estimate(image)
                assert torch.equal(found.depth, model(image).depth)
                for name in self.LAYERS:
                    torch.testing.assert_close(found.layers[name], expected[name].sum(1, keepdim=True))
                assert all(parameter.requires_grad != frozen for parameter in model.parameters())
                assert all(parameter.grad is None for parameter in model.parameters())

    def test_nothing_in_front_of_the_first_layer_is_recorded(self) -> None:
        model, modes = Pyramid(), dict[str, bool]()
        for name in ("stem", "deep", "block", "fuse", "head"):
            model.get_submodule(name).register_forward_pre_hook(
                lambda _module, arguments, name=name: modes.update({name: arguments[0].requires_grad})
            )
        GradientUncertainty(model, ["block"]).estimate(noise(1, 8, 8))

        assert modes == {"stem": False, "deep": False, "block": False, "fuse": True, "head": True}


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_mean_over_pixels_and_sum_over_the_batch_give_each_images_own_gradient(batch: int) -> None:
    depth = torch.tensor([[3.0, 5.0]]).expand(batch, 2).clone().requires_grad_()
    (gradient,) = torch.autograd.grad(depth.square().mean(1).sum(), depth)
    (averaged,) = torch.autograd.grad(depth.square().mean(), depth)

    assert torch.equal(gradient, depth.detach())  # 2 d / 2 pixels
    torch.testing.assert_close(averaged, depth.detach() / batch)


def test_bilinear_resize_never_leaves_the_range_so_its_order_with_min_max_does_not_matter() -> None:
    values = noise(1, 5, 7)[:, :1]
    low, high = values.min(), values.max()
    resized = F.interpolate(values, (40, 56), mode="bilinear", align_corners=False)
    first = F.interpolate((values - low) / (high - low), (40, 56), mode="bilinear", align_corners=False)

    assert low <= resized.min()
    assert resized.max() <= high
    torch.testing.assert_close(first, (resized - low) / (high - low))
