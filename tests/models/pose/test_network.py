import torch

from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.network import PoseNetwork
from tests.helpers import random_images


def network():
    torch.manual_seed(0)
    return PoseNetwork("lcnet_050", Pretrained(), (64, 96)).eval()


def test_motion_starts_at_zero():
    """With the last convolution at zero nothing moves; with random weights it moves little (factor 0.01)."""
    net = network()
    axis_angle, translation = net(random_images(2), random_images(2, seed=1))
    assert axis_angle.shape == translation.shape == (2, 3)
    assert max(axis_angle.abs().max(), translation.abs().max()) < 0.01
    torch.nn.init.zeros_(net.decoder[-1].weight)
    torch.nn.init.zeros_(net.decoder[-1].bias)
    assert not any(part.any() for part in net(random_images(), random_images()))


def test_six_numbers_angle_first_times_a_hundredth():
    net = network()
    torch.nn.init.zeros_(net.decoder[-1].weight)
    net.decoder[-1].bias.data = torch.tensor([1.0, 2, 3, 4, 5, 6])
    axis_angle, translation = net(random_images(), random_images())
    torch.testing.assert_close(axis_angle, torch.tensor([[0.01, 0.02, 0.03]]))
    torch.testing.assert_close(translation, torch.tensor([[0.04, 0.05, 0.06]]))


def test_order_of_the_frames_matters_and_both_are_normalised():
    net = network()
    seen = []
    net.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    first, second = random_images(), random_images(seed=1)
    forward, backward = net(first, second), net(second, first)
    assert not torch.equal(forward[0], backward[0])
    expected = (torch.cat([first, second], 1) - torch.tensor([0.485, 0.456, 0.406] * 2).view(1, 6, 1, 1)) / (
        torch.tensor([0.229, 0.224, 0.225] * 2).view(1, 6, 1, 1)
    )
    torch.testing.assert_close(seen[0], expected)
