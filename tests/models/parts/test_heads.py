import pytest
import torch

from gradunc.models import build_model
from gradunc.models.parts.heads import DisparityHead, LinearDepthHead, SigmoidDepthHead, UpsampledHead
from gradunc.types import OutputSpace
from tests.helpers import random_images, tiny_settings

SCALE = OutputSpace("depth", "scale")


def test_sigmoid_disparity_by_hand():
    """v = 0.01 + 9.99 s: 100 m at 0, 0.1 m at 1, 1/5.005 m in the middle; the logit 0 is the middle."""
    head = DisparityHead(0.1, 100.0, SCALE)
    s = torch.tensor([0.0, 1.0, 0.5])
    torch.testing.assert_close(head.depth(s), torch.tensor([100.0, 0.1, 1 / 5.005]))
    assert head(torch.zeros(1)).item() == 0.5
    assert head(torch.tensor([3.0]).log()).item() == pytest.approx(0.75)


def test_range_of_other_limits():
    """1 to 80 m: v = 1/80 + 79/80 s."""
    head = DisparityHead(1.0, 80.0, SCALE)
    torch.testing.assert_close(head.depth(torch.tensor([0.0, 1.0, 0.5])), torch.tensor([80.0, 1.0, 160 / 81]))


def test_linear_head_is_the_number_itself():
    head, x = LinearDepthHead(), torch.tensor([-1.0, 0.0, 5.0])
    assert torch.equal(head.depth(head(x)), x)
    assert head.output_space == OutputSpace("depth", "metric")
    assert head.bias(7.0) == 7.0


@pytest.mark.parametrize(("kind", "ambiguity"), [("disparity", "scale"), ("disparity", "metric"), ("depth", "metric")])
def test_output_space(kind, ambiguity):
    model = build_model(tiny_settings(head=kind, ambiguity=ambiguity))
    assert model.output_space == OutputSpace("depth", ambiguity)


@pytest.mark.parametrize("kind", ["disparity", "depth"])
@pytest.mark.parametrize("depth", [2.0, 12.0])
def test_initial_depth(kind, depth):
    """With the heads' weights at zero only the bias speaks, at every scale."""
    model = build_model(tiny_settings(head=kind, initial_depth=depth, min_depth=1.0)).eval()
    for head in model.decoder.heads:
        torch.nn.init.zeros_(head.weight)
    prediction = model(random_images(), scales=4)
    for activation in prediction.scales:
        torch.testing.assert_close(model.head.depth(activation), torch.full_like(activation, depth))


def test_initial_bias_in_closed_form():
    """12 m in 1 ... 100 m: s = (1/12 - 1/100) / (1 - 1/100) = 2/27, logit = log(2/25)."""
    assert DisparityHead(1.0, 100.0, SCALE).bias(12.0) == pytest.approx(torch.tensor(2 / 25).log().item())


def test_resize_of_disparity_at_a_step():
    """1 m beside 4 m, twice as wide: disparities 1, 3/4 + 1/16, 1/4 + 3/16, 1/4."""
    depth = torch.tensor([1.0, 4.0]).view(1, 1, 1, 2)
    resized = DisparityHead(0.1, 100.0, SCALE).resize(depth, (1, 4))
    torch.testing.assert_close(resized.flatten(), torch.tensor([1.0, 16 / 13, 16 / 7, 4.0]))


def test_resize_of_linear_depth_crosses_zero():
    """-1 beside 3: 3/4 and 1/4 of each, no pole."""
    depth = torch.tensor([-1.0, 3.0]).view(1, 1, 1, 2)
    resized = LinearDepthHead().resize(depth, (1, 4))
    torch.testing.assert_close(resized.flatten(), torch.tensor([-1.0, 0.0, 2.0, 3.0]))


def test_an_upsampled_head_resizes_what_comes_out_of_the_other():
    """Logits -log(3) and log(3) are shares 1/4 and 3/4: 2 m and 6 m of 8, and 3 m and 5 m between them."""
    head = UpsampledHead(SigmoidDepthHead(8.0), 2)
    logit = torch.tensor([-1.0, 1.0]).mul(torch.tensor(3.0).log()).view(1, 1, 1, 2)
    found = head.depth(head(logit))
    torch.testing.assert_close(found, torch.tensor([2.0, 3.0, 5.0, 6.0]).expand(1, 1, 2, 4))
    assert head.output_space == OutputSpace("depth", "metric")
    assert head.bias(2.0) == pytest.approx(-torch.tensor(3.0).log().item())
    assert head.resize(found, (1, 2)).shape[-2:] == (1, 2)


def test_an_upsampled_head_that_keeps_the_corners():
    """Three cells between 2 and 8 instead of one: corners stay, thirds lie between."""
    depth = torch.tensor([2.0, 8.0]).view(1, 1, 1, 2)
    found = UpsampledHead(LinearDepthHead(), 2, corners=True)(depth)
    torch.testing.assert_close(found, torch.tensor([2.0, 4.0, 6.0, 8.0]).expand(1, 1, 2, 4))
