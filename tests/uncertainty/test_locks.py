"""Networks that share modules, several threads."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from gradunc import OutputSpace, adapt
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.references import Given
from gradunc.uncertainty.locks import ModuleLocks
from gradunc.uncertainty.session import evaluation
from tests.uncertainty.networks import fingerprint, noise

ROUNDS = 20


@pytest.fixture(autouse=True)
def _short_turns() -> Iterator[None]:
    """Threads take turns so often that two which are not kept apart meet."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


def trained_body() -> nn.Sequential:
    torch.manual_seed(0)
    convolutions = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 1, 3, padding=1)
    body = nn.Sequential(convolutions[0], nn.BatchNorm2d(6), nn.ReLU(inplace=True), convolutions[1], nn.Softplus())
    return body.train()


class Wrapper(nn.Module):
    """A network that somebody wraps by himself."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, image: Tensor) -> DepthPrediction:
        for part in self.parts:
            image = part(image)
        return DepthPrediction(image)


def adapted(body: nn.Module) -> GradientUncertainty:
    model = adapt(body, lambda raw: raw, OutputSpace(), mean=(0, 0, 0), std=(1, 1, 1))
    return GradientUncertainty(model, "0")


def wrapped(body: nn.Module) -> GradientUncertainty:
    return GradientUncertainty(Wrapper(body), "parts.0.0")


def with_a_head_of_its_own(body: nn.Module) -> GradientUncertainty:
    """Two networks that share an encoder only."""
    return GradientUncertainty(Wrapper(body, nn.Conv2d(1, 1, 1).train()), "parts.0.0")


@pytest.mark.parametrize("make", [adapted, wrapped, with_a_head_of_its_own])
def test_two_wrappers_of_one_network_in_training_mode(make: Callable[[nn.Module], GradientUncertainty]) -> None:
    body, image = trained_body(), noise(2, 16, 24)
    estimators = [make(body), make(body)]
    expected = [estimator.estimate(image).uncertainty for estimator in estimators]
    before, wrong = fingerprint(body), list[int]()

    def work(number: int) -> None:
        for _ in range(ROUNDS):
            if not torch.equal(estimators[number].estimate(image).uncertainty, expected[number]):
                wrong.append(number)

    assert run_together(work, 2)
    assert wrong == []
    assert fingerprint(body) == before


def test_networks_that_are_teachers_of_one_another_do_not_wait_for_ever() -> None:
    image = noise(1, 12, 16)
    models = [Wrapper(trained_body()) for _ in range(2)]
    estimators = [
        GradientUncertainty(model, "parts.0.0", Given(teacher))
        for model, teacher in zip(models, models[::-1], strict=True)
    ]

    def work(number: int) -> None:
        for _ in range(ROUNDS):
            estimators[number].estimate(image)

    assert run_together(work, 2)


def test_a_part_waits_for_its_whole_and_a_stranger_does_not() -> None:
    body, order = trained_body(), list[str]()

    def enter(name: str, network: nn.Module) -> None:
        with evaluation(network):
            order.append(name)

    with evaluation(Wrapper(body)):
        threads = [
            threading.Thread(target=enter, args=("part", body[1]), daemon=True),
            threading.Thread(target=enter, args=("stranger", trained_body()), daemon=True),
        ]
        for thread in threads:
            thread.start()
        threads[1].join(10)
        order.append("leave")
    threads[0].join(10)
    assert order == ["stranger", "leave", "part"]


def test_nothing_is_held_after_an_exception() -> None:
    locks, body = ModuleLocks(), trained_body()
    with pytest.raises(RuntimeError, match="planted"), locks.hold([body]), locks.hold([body[0]]):
        raise RuntimeError("planted")

    def take() -> None:
        with locks.hold([body]):
            pass

    assert run_together(lambda _: take(), 1)


def run_together(work: Callable[[int], None], count: int) -> bool:
    """Whether all threads come to their end."""
    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return not any(thread.is_alive() for thread in threads)
