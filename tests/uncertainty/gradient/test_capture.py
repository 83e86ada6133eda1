"""The capture of layers' outputs during one forward pass, and the backward pass to them."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.uncertainty.gradient.capture import backpropagate, capture
from tests.uncertainty.networks import Pyramid, fingerprint, integer_network, noise, row


def test_nothing_before_the_first_layer_keeps_a_graph_and_later_layers_do() -> None:
    model = Pyramid()
    with capture(model, ["block", "fuse"]) as captured, torch.no_grad():
        depth = model(noise(1, 8, 8)).depth

    assert captured.tensors["block"].is_leaf
    assert captured.tensors["fuse"].grad_fn is not None
    assert depth.requires_grad


def test_the_forward_pass_of_another_thread_is_left_alone() -> None:
    model = integer_network()
    with capture(model, ["features"]) as captured, torch.no_grad():
        other = threading.Thread(target=model, args=(row(1, 2),))
        other.start()
        other.join()

        assert not captured.tensors
        model(row(5, 6))
    assert captured.tensors["features"][0, 1].flatten().tolist() == [5.0, 6.0]


def test_hooks_go_also_after_an_exception() -> None:
    model = Pyramid()
    before = fingerprint(model)
    with pytest.raises(RuntimeError, match="planted"), capture(model, ["block"]):
        raise RuntimeError("planted")

    assert fingerprint(model) == before


class Returning(nn.Module):
    """Hands on what `answer` makes of its input."""

    def __init__(self, answer: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, x: Tensor) -> Any:
        return self.answer(x)


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Identity()
        self.both, self.names = Returning(lambda x: {"x": x}), Returning(lambda x: ("x", x))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.layer(self.both(x)["x"] + self.names(x)[1]))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("layer", "layer 'layer' runs twice in one forward pass, so its gradient is not one map"),
        ("both", "layer 'both' returns a dict, not a tensor; choose one inside it"),
        ("names", "layer 'names' returns a tuple, not a tensor; choose one inside it"),
    ],
)
def test_a_layer_without_one_output_map_is_refused(name: str, message: str) -> None:
    model = Twice()
    with capture(model, [name]), torch.no_grad(), pytest.raises(InputError, match=message):
        model(torch.ones(1))


def test_of_a_tuple_the_first_tensor_counts_and_the_rest_is_handed_on() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pair = Returning(lambda x: (2 * x, x + 1, "name"))

        def forward(self, x: Tensor) -> Tensor:
            first, second, name = self.pair(x)
            assert name == "name"
            return first * second

    model, x = Attention(), torch.tensor([3.0])
    with capture(model, ["pair"]) as captured, torch.no_grad():
        y = model(x)

    assert y.item() == 24
    assert backpropagate(y, captured, lambda gradient: gradient.item()) == {"pair": 4.0}  # d(a * 4)/da


def test_paused_forwards_are_left_alone_and_keep_no_graph() -> None:
    model = Pyramid()
    with capture(model, ["block"]) as captured, torch.no_grad():
        with captured.paused():
            assert not model(noise(1, 8, 8)).depth.requires_grad
            assert not captured.tensors
        with pytest.raises(RuntimeError, match="planted"), captured.paused():
            raise RuntimeError("planted")
        assert model(noise(1, 8, 8)).depth.requires_grad
    assert set(captured.tensors) == {"block"}


def test_backpropagation_reduces_each_gradient_in_the_order_of_the_names() -> None:
    # y = 3 (x^2) at x = 2: dy/d(square) = 3, dy/dx = 12.
    model = nn.Sequential(nn.Identity(), Returning(torch.square), Returning(lambda x: 3 * x))
    with capture(model, ["0", "1"]) as captured, torch.no_grad():
        y = model(torch.tensor([2.0]))
    seen: list[float] = []

    def reduce(gradient: Tensor) -> str:
        assert not torch.is_grad_enabled()
        seen.append(gradient.item())
        return f"{gradient.item():g}"

    assert backpropagate(y, captured, reduce) == {"0": "12", "1": "3"}
    assert seen == [3.0, 12.0]  # from the back to the front


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["0", "2"], r"layer '2' was never reached by the forward pass \(the head of a coarser scale"),
        (["0", "1"], "layer '1' does not influence the depth, so it has no gradient"),
        (["1"], "layer '1' does not influence the depth, so it has no gradient"),
    ],
)
def test_layers_without_a_gradient(names: list[str], message: str) -> None:
    model = nn.ModuleList([nn.Identity(), nn.Identity(), nn.Identity()])
    with capture(model, names) as captured, torch.no_grad():
        y = model[0](torch.ones(1)).square()
        model[1](torch.ones(1))
    with pytest.raises(InputError, match=message):
        backpropagate(y, captured, lambda gradient: gradient)


@pytest.mark.parametrize("trainable", [False, True])
def test_a_branch_beside_the_first_layer_has_its_gradient_too(trainable: bool) -> None:
    # (2 x) * (5 x) at x = 1: 5 and 2; the right branch comes after recording has been switched on.
    model = nn.ModuleDict({"left": nn.Linear(1, 1, bias=False), "right": nn.Linear(1, 1, bias=False)})
    model["left"].weight.data.fill_(2)
    model["right"].weight.data.fill_(5)
    model.requires_grad_(trainable)
    with capture(model, ["left", "right"]) as captured, torch.no_grad():
        y = model["left"](torch.ones(1, 1)) * model["right"](torch.ones(1, 1))

    assert backpropagate(y.flatten(), captured, lambda gradient: gradient.item()) == {"left": 5.0, "right": 2.0}
    assert model["right"].weight.grad is None
