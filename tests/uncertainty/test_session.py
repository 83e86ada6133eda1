"""The state in which a model is evaluated, and that it comes back."""

import contextlib
import threading

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty import GradientUncertainty, list_layers
from gradunc.uncertainty.session import evaluation
from tests.uncertainty.networks import Pyramid, fingerprint, noise


def test_inside_everything_is_in_eval_mode_and_nothing_records() -> None:
    model = Pyramid().train()
    with torch.inference_mode(), evaluation(model):
        assert not any(module.training for module in model.modules())
        assert not torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_mixed_training_flags_come_back_also_after_an_exception() -> None:
    model = Pyramid().train()
    model.stem.eval()
    model.dropout.eval()
    before = fingerprint(model)
    with pytest.raises(RuntimeError, match="planted"), evaluation(model):
        raise RuntimeError("planted")

    assert fingerprint(model) == before
    assert model.training
    assert not model.stem[1].training


@pytest.mark.parametrize("enabled", [True, False])
def test_the_callers_gradient_mode_comes_back(enabled: bool) -> None:
    with torch.set_grad_enabled(enabled):
        with evaluation(Pyramid()):
            torch.set_grad_enabled(True)  # what a captured layer does
        assert torch.is_grad_enabled() == enabled


def test_one_thread_per_model_and_no_waiting_for_other_models() -> None:
    model, order = Pyramid(), list[str]()

    def enter(name: str, other: nn.Module) -> None:
        with evaluation(other):
            order.append(name)

    with evaluation(model), evaluation(model):  # the same thread may enter again
        waiting = threading.Thread(target=enter, args=("same", model))
        waiting.start()
        free = threading.Thread(target=enter, args=("other", Pyramid()))
        free.start()
        free.join(10)
        order.append("leave")
    waiting.join(10)

    assert order == ["other", "leave", "same"]


def test_training_flags_that_the_network_has_switched_itself_come_back() -> None:
    model = Pyramid().train()
    model.stem.eval()
    before = fingerprint(model)
    with evaluation(model):
        model.train()
    assert fingerprint(model) == before


def test_weights_without_values_are_named() -> None:
    with (
        pytest.raises(InputError, match=r"'0\.weight' is on the meta device"),
        evaluation(nn.Sequential(nn.Conv2d(3, 1, 1, device="meta"))),
    ):
        pass


def test_the_random_state_comes_back() -> None:
    model = Pyramid()
    state = torch.get_rng_state()
    with contextlib.suppress(RuntimeError), evaluation(model):
        torch.rand(5)
        raise RuntimeError("planted")
    assert torch.equal(torch.get_rng_state(), state)
    model.register_forward_pre_hook(lambda _module, arguments: (arguments[0] + 0.1 * torch.rand(()),))
    list_layers(model, noise(1, 8, 12))
    first, second = (GradientUncertainty(model, "fuse").estimate(noise(1, 8, 12)).uncertainty for _ in range(2))
    assert torch.equal(first, second), "what it draws begins where the caller's numbers do"
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("kind", ["parameter", "buffer"])
def test_weights_of_inference_mode_are_refused_by_name(kind: str) -> None:
    model = nn.Sequential(nn.BatchNorm2d(3))
    with torch.inference_mode():
        if kind == "parameter":
            model[0].weight = nn.Parameter(torch.ones(3))
        else:
            model[0].running_var = torch.ones(3)
    name = "0.weight" if kind == "parameter" else "0.running_var"

    with (
        pytest.raises(InputError, match=f"'{name}' was created under torch.inference_mode.*load the model outside"),
        evaluation(model),
    ):
        pass
