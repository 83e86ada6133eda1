"""Gradient checkpointing: the same gradients from less memory."""

import copy

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models import EncoderDecoder, Monodepth2Settings, build_model
from gradunc.training.recomputing import recompute_layers
from tests.training.helpers import random, tiny_model


def transformer() -> EncoderDecoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        settings = Monodepth2Settings(encoder="convnext_atto", size=[32, 64], decoder_channels=[8] * 5)
        return build_model(settings)


def kept_bytes(model: EncoderDecoder) -> tuple[int, dict[str, Tensor]]:
    """Of all that a training pass keeps for the backward one; and the gradients."""
    total, seen = 0, set[int]()

    def keep(tensor: Tensor) -> Tensor:
        nonlocal total
        if tensor.data_ptr() not in seen and not isinstance(tensor, nn.Parameter):
            seen.add(tensor.data_ptr())
            total += tensor.numel() * tensor.element_size()
        return tensor

    model.train()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model.all_scales(random(0, 2, 3, 32, 64)).depth.log().mean()
    loss.backward()
    return total, {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


def test_the_same_gradients_from_less_that_is_kept() -> None:
    plain, twice = transformer(), transformer()
    assert recompute_layers(twice.backbone) > 12
    much, expected = kept_bytes(plain)
    little, found = kept_bytes(twice)
    assert little < 0.5 * much
    torch.testing.assert_close(found, expected)
    assert list(twice.state_dict()) == list(plain.state_dict())


def test_evaluation_computes_once() -> None:
    model, calls = transformer(), []
    recompute_layers(model.backbone)
    block = dict(model.encoder.named_modules())["backbone.stages_2.blocks.0"]
    block.conv_dw.register_forward_hook(lambda *_: calls.append(1))  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
    model.eval()
    model(random(0, 1, 3, 32, 64)).depth.sum().backward()
    assert len(calls) == 1
    model.train()
    model(random(0, 1, 3, 32, 64)).depth.sum().backward()
    assert len(calls) == 3


def test_a_copy_computes_with_its_own_weights() -> None:
    model = transformer()
    recompute_layers(model.backbone)
    copied = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    image = random(0, 1, 3, 32, 64)
    with torch.no_grad():
        torch.testing.assert_close(copied.eval()(image).depth, transformer().eval()(image).depth)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (tiny_model().backbone, r"objective\.gradient_checkpointing: .* batch norms in every layer"),
        (None, "has no encoder of its own"),
    ],
)
def test_networks_that_cannot(encoder: nn.Module | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        recompute_layers(encoder)
