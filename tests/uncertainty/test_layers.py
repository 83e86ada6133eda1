"""Selection by name and the capture of outputs during one forward pass."""

import threading

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty.layers import capture, select_layers
from tests.uncertainty.networks import Pyramid, fingerprint, integer_network, noise, row


def test_names_and_globs_select_in_order_of_the_network_and_once() -> None:
    model = Pyramid()

    assert select_layers(model, ["fuse", "block"]) == ("block", "fuse")
    assert select_layers(model, ["stem.*", "stem.0"]) == ("stem.0", "stem.1", "stem.2")
    assert select_layers(model, ["stem.*", "!*.1"]) == ("stem.0", "stem.2")


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["blok"], r"the model has no layer 'blok'; nearest: block, "),
        (["block", "!hed"], r"the model has no layer '!hed'; nearest: head, "),
        ([], "no layer is given"),
        (["block", "!b*"], r"the patterns \['block', '!b\*'\] leave no layer"),
    ],
)
def test_bad_patterns_are_refused(patterns: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        select_layers(Pyramid(), patterns)


def test_nothing_before_the_first_layer_keeps_a_graph_and_later_layers_do() -> None:
    model = Pyramid()
    with capture(model, ["block", "fuse"]) as captured, torch.no_grad():
        depth = model(noise(1, 8, 8)).depth

    assert captured["block"].is_leaf
    assert captured["fuse"].grad_fn is not None
    assert depth.requires_grad


def test_the_forward_pass_of_another_thread_is_left_alone() -> None:
    model = integer_network()
    with capture(model, ["features"]) as captured, torch.no_grad():
        other = threading.Thread(target=model, args=(row(1, 2),))
        other.start()
        other.join()

        assert not captured
        model(row(5, 6))
    assert captured["features"][0, 1].flatten().tolist() == [5.0, 6.0]


def test_hooks_go_also_after_an_exception() -> None:
    model = Pyramid()
    before = fingerprint(model)
    with pytest.raises(RuntimeError, match="planted"), capture(model, ["block"]):
        raise RuntimeError("planted")

    assert fingerprint(model) == before


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Identity()
        self.pair = Pair()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(self.layer(self.pair(x)[0]))


class Pair(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("layer", "layer 'layer' runs twice in one forward pass, so its gradient is not one map"),
        ("pair", "layer 'pair' returns a tuple, not a tensor; choose one inside it"),
    ],
)
def test_a_layer_without_one_output_map_is_refused(name: str, message: str) -> None:
    model = Twice()
    with capture(model, [name]), torch.no_grad(), pytest.raises(InputError, match=message):
        model(torch.ones(1))
