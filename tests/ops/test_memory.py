"""Peaks counted by hand: float32 tensors of N numbers take 4 N bytes."""

import gc
from collections.abc import Callable
from itertools import accumulate

import pytest
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from gradunc.ops.memory import peak_bytes

CPU = torch.device("cpu")
N = 1000
ONE = 4 * N
"""Bytes of one tensor."""


def zeros() -> Tensor:
    return torch.zeros(N)


def one_after_the_other() -> None:
    for _ in range(5):
        zeros()


def freed_before_the_next_two() -> None:
    one = zeros()
    del one
    _two, _three = zeros(), zeros()


def most_in_the_middle() -> Tensor:
    many = [zeros() for _ in range(4)]
    total = torch.stack(many)  # 4 more
    many.clear()
    return total[0].clone()


def held_by_views_only() -> Tensor:
    view = zeros()[:10].view(2, 5)
    zeros()
    return view


def in_place() -> None:
    zeros().add_(1).mul_(2).relu_()


def grown() -> None:
    out = torch.empty(0)
    torch.add(torch.zeros(N), 1, out=out)  # resized by the operator


def filled_from_python() -> Tensor:
    return torch.tensor([1.0] * N)


def a_cycle_that_only_the_collector_frees() -> None:
    ring: list[object] = [zeros()]
    ring.append(ring)


@pytest.mark.parametrize(
    ("run", "tensors"),
    [
        (one_after_the_other, 1),
        (freed_before_the_next_two, 2),
        (most_in_the_middle, 8),
        (held_by_views_only, 2),
        (in_place, 1),
        (grown, 2),
        (filled_from_python, 1),
        (a_cycle_that_only_the_collector_frees, 1),
        (lambda: None, 0),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize("inference", [False, True])
def test_known_tensors_that_come_and_go(run: Callable[[], object], tensors: int, inference: bool) -> None:
    gc.collect()
    with torch.inference_mode(inference):
        assert peak_bytes(run, CPU) == tensors * ONE


def test_what_was_there_before_does_not_count() -> None:
    weight, image = torch.rand(N), torch.rand(N)
    assert peak_bytes(lambda: (weight.view(10, -1), image.detach(), weight[:3], weight.add_(1)), CPU) == 0
    assert peak_bytes(lambda: weight * image, CPU) == ONE


def test_what_was_there_before_and_is_freed_makes_room() -> None:
    held = [torch.rand(N)]

    def run() -> None:
        held[0].neg_()
        held.clear()
        zeros()
        _two = zeros(), zeros()

    assert peak_bytes(run, CPU) == ONE


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_autograd_keeps_what_the_backward_pass_needs(depth: int) -> None:
    """Every exp saves its result; without a graph there are but two at a time."""
    x = torch.rand(N)

    def forward() -> Tensor:
        y = x
        for _ in range(depth):
            y = y.exp()
        return y

    assert peak_bytes(forward, CPU) == min(depth, 2) * ONE
    x.requires_grad_()
    assert peak_bytes(forward, CPU) == depth * ONE


def test_the_backward_pass_is_seen() -> None:
    """exp saves its result y; its backward pass makes y * ones."""
    x, ones = torch.rand(N, requires_grad=True), torch.ones(N)
    assert peak_bytes(lambda: torch.autograd.grad(x.exp(), x, ones), CPU) == 2 * ONE


def test_tensors_of_other_devices_and_layouts_are_left_out() -> None:
    assert peak_bytes(lambda: torch.zeros(N, device="meta").exp(), CPU) == 0
    assert peak_bytes(lambda: torch.zeros(N, device="meta").exp(), torch.device("meta")) == 2 * ONE
    sparse = torch.eye(10).to_sparse()
    assert peak_bytes(lambda: sparse * 2, CPU) == 0


def test_a_second_call_finds_the_same() -> None:
    assert [peak_bytes(most_in_the_middle, CPU) for _ in range(3)] == [8 * ONE] * 3


def test_the_allocator_agrees_where_operators_need_no_temporaries() -> None:
    """Second implementation: the allocator's events in the order of time."""
    x = torch.rand(N, requires_grad=True)

    def run() -> object:
        y = (x.exp().sin() * x).sigmoid()
        return torch.autograd.grad((y[:500] / (1 + y[500:])).square().sum(), x)

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    assert profiler.profiler is not None
    events = [one for one in profiler.profiler.kineto_results.events() if one.name() == "[memory]"]
    peak = max(accumulate(one.nbytes() for one in sorted(events, key=lambda one: one.start_ns())))
    assert peak_bytes(run, CPU) == peak > 4 * ONE
