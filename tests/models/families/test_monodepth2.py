import pytest
import torch

from gradunc.models import Monodepth2Settings, build_model
from gradunc.models.parts.blocks import ConvBlock, conv3x3
from tests.helpers import random_images, tiny_model

# Output of decoder.blocks.K.conv of ResNet-18 at 192x640: (channels, height, width), methods.md A.5.
PUBLISHED = (
    (256, 6, 20),
    (256, 12, 40),
    (128, 12, 40),
    (128, 24, 80),
    (64, 24, 80),
    (64, 48, 160),
    (32, 48, 160),
    (32, 96, 320),
    (16, 96, 320),
    (16, 192, 640),
)
# Weights of the fourteen published convolutions, checkpoints.md 1.
WEIGHTS = (
    (256, 512),
    (256, 512),
    (128, 256),
    (128, 256),
    (64, 128),
    (64, 128),
    (32, 64),
    (32, 96),
    (16, 32),
    (16, 16),
)


def outputs(model, names, image, scales=1):
    """Name -> (input, output) of one forward pass."""
    seen = {}
    for name in names:
        model.get_submodule(name).register_forward_hook(
            lambda _, inputs, output, name=name: seen.update({name: (inputs[0], output)})
        )
    with torch.no_grad():
        model(image, scales=scales)
    return seen


def test_hook_points_have_the_published_names_order_and_shapes():
    model = build_model(Monodepth2Settings()).eval()
    order = []
    for i in range(10):
        model.get_submodule(f"decoder.blocks.{i}.conv").register_forward_hook(
            lambda _, __, output, i=i: order.append((i, tuple(output.shape)))
        )
    with torch.inference_mode():
        model(torch.rand(1, 3, 192, 640))
    assert order == [(i, (1, *shape)) for i, shape in enumerate(PUBLISHED)]
    for i, shape in enumerate(WEIGHTS):
        assert tuple(model.get_submodule(f"decoder.blocks.{i}.conv").weight.shape) == (*shape, 3, 3)
    for i, channels in enumerate((16, 32, 64, 128)):
        assert tuple(model.get_submodule(f"decoder.heads.{i}").weight.shape) == (1, channels, 3, 3)
    assert len(model.decoder.blocks) == 10
    assert len(model.decoder.heads) == 4


def test_hook_point_is_before_the_activation_and_holds_the_padding():
    model = tiny_model()
    name = "decoder.blocks.6.conv"
    seen = outputs(model, [name, "decoder.blocks.6"], random_images())
    x, before = seen[name]
    module = model.get_submodule(name)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="reflect")
    torch.testing.assert_close(before, torch.nn.functional.conv2d(padded, module.weight, module.bias))
    torch.testing.assert_close(seen["decoder.blocks.6"][1], torch.where(before > 0, before, before.exp() - 1))
    assert (before < 0).any()


@pytest.mark.parametrize("scales", [1, 2, 4])
def test_scales(scales):
    prediction = tiny_model()(random_images(), scales=scales)
    assert [tuple(s.shape) for s in prediction.scales] == [(1, 1, 64 >> i, 96 >> i) for i in range(scales)]
    torch.testing.assert_close(prediction.depth, 1 / (0.01 + 9.99 * prediction.scales[0]))


def test_uncertainty_heads_leave_the_depth_alone():
    model = tiny_model(uncertainty_head=True)
    plain = tiny_model()
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if "uncertainty" not in k})
    with_head, without = model(random_images(), scales=4), plain(random_images(), scales=4)
    torch.testing.assert_close(with_head.depth, without.depth)
    assert without.log_scale is None
    assert without.uncertainty_scales == ()
    assert [s.shape for s in with_head.uncertainty_scales] == [s.shape for s in with_head.scales]
    assert torch.equal(with_head.log_scale, with_head.uncertainty_scales[0])


def test_block_on_a_map_of_one_cell():
    """Nothing can be reflected there: the one cell is repeated, so that nine taps see the same value."""
    block = conv3x3(1, 1)
    torch.nn.init.constant_(block.weight, 1.0)
    torch.nn.init.zeros_(block.bias)
    assert block(torch.full((1, 1, 1, 1), 2.0)).item() == pytest.approx(18)


def test_block_reflects():
    """Of the row 1 2 3 reflection makes 2 1 2 3 2: sums of three are 5, 6, 7 (times three equal rows)."""
    block = ConvBlock(1, 1)
    torch.nn.init.constant_(block.conv.weight, 1.0)
    torch.nn.init.zeros_(block.conv.bias)
    x = torch.tensor([1.0, 2, 3]).expand(1, 1, 3, 3)
    torch.testing.assert_close(block(x), torch.tensor([15.0, 18, 21]).expand(1, 1, 3, 3))


@pytest.mark.parametrize("value", [False, True])
def test_pretrained_may_be_a_bool_in_python(value: bool) -> None:
    assert Monodepth2Settings(pretrained=value).pretrained == str(value).lower()
