"""A pass whose graph ends at one module: recording, early ends, other threads, and what is put back."""

import threading

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import DepthPrediction
from gradunc.uncertainty.gradient.halfway import run_until

IMAGE = torch.arange(4.0).view(1, 1, 2, 2)


class Guarded(nn.Module):
    """Doubles, then adds one; catches what goes wrong in its first part."""

    def __init__(self) -> None:
        super().__init__()
        self.doubled = nn.Conv2d(1, 1, 1, bias=False)
        self.doubled.weight.data.fill_(2)
        self.behind = 0

    def forward(self, image: Tensor) -> DepthPrediction:
        try:
            x = self.doubled(image)
        except Exception:
            x = image
        self.behind += 1
        return DepthPrediction(x + 1)


@pytest.mark.parametrize("recording", [True, False])
def test_the_pass_goes_on_without_graph(recording: bool) -> None:
    net = Guarded()
    with torch.set_grad_enabled(recording):
        found = run_until(net.doubled, "doubled", lambda: net(IMAGE), finish=True)
        assert torch.is_grad_enabled() is recording

    assert torch.equal(found.raw, 2 * IMAGE)
    assert found.raw.requires_grad is recording
    assert found.full is not None
    assert torch.equal(found.full.depth, 2 * IMAGE + 1)
    assert not found.full.depth.requires_grad


def test_the_pass_ends_although_the_network_catches_exceptions() -> None:
    net = Guarded()
    found = run_until(net.doubled, "doubled", lambda: net(IMAGE), finish=False)

    assert torch.equal(found.raw, 2 * IMAGE)
    assert found.full is None
    assert net.behind == 0
    assert not net.doubled._forward_hooks


def test_passes_of_other_threads_are_left_alone() -> None:
    net, others = Guarded(), []

    def run() -> DepthPrediction:
        thread = threading.Thread(target=lambda: others.append(net(IMAGE).depth))
        thread.start()
        thread.join()
        return net(IMAGE)

    run_until(net.doubled, "doubled", run, finish=True)

    assert others[0].requires_grad
    assert net.behind == 2


def test_an_error_of_the_network_is_passed_on_and_recording_comes_back() -> None:
    net = Guarded()

    def run() -> DepthPrediction:
        net(IMAGE)
        raise ValueError("of the network")

    with pytest.raises(ValueError, match="of the network"):
        run_until(net.doubled, "doubled", run, finish=True)
    assert torch.is_grad_enabled()
    assert not net.doubled._forward_hooks


def test_a_module_that_does_not_run() -> None:
    net = Guarded()
    with pytest.raises(InputError, match="coarse='other' was never reached by the forward pass"):
        run_until(nn.Conv2d(1, 1, 1), "other", lambda: net(IMAGE), finish=True)
