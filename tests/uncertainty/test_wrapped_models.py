"""Networks inside torch.compile and DistributedDataParallel, around and inside an adapted model."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from gradunc import GradientUncertainty, InputError, OutputSpace, adapt
from gradunc.uncertainty import list_layers
from tests.uncertainty.networks import Pyramid, assert_same, fingerprint, noise

IMAGE = noise(2, 12, 16)
LAYERS = ["block", "fuse"]
PLAIN = {"mean": (0.0,) * 3, "std": (1.0,) * 3}


def compiled(model: nn.Module) -> Any:
    """Dynamo takes the module over, as with any backend, without waiting for a compiler."""
    torch._dynamo.reset()
    return torch.compile(model, backend="eager")


def adapted(model: nn.Module) -> nn.Module:
    return adapt(model, lambda raw: raw, OutputSpace(), **PLAIN)


@pytest.fixture
def ddp(tmp_path: Path) -> Iterator[Callable[[nn.Module], DistributedDataParallel]]:
    store = dist.FileStore(str(tmp_path / "store"), 1)
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield DistributedDataParallel
    dist.destroy_process_group()


WRAPPERS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "compiled": compiled,
    "compiled adapted": lambda model: compiled(adapted(model)),
    "adapted compiled": lambda model: adapted(compiled(model)),
}


@pytest.mark.parametrize("called_before", [False, True])
@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize("reference", ["flip", {"feature_noise": {"layer": "deep"}}])
def test_compiled_networks_are_as_good_as_plain_ones(wrap: Any, called_before: bool, reference: Any) -> None:
    model = wrap(Pyramid())
    if called_before:
        with torch.no_grad():
            model(IMAGE)
    estimate = GradientUncertainty(model, LAYERS, reference).estimate(IMAGE)
    assert_same(estimate, GradientUncertainty(Pyramid(), LAYERS, reference).estimate(IMAGE))
    with torch.no_grad():
        torch.testing.assert_close(model(IMAGE).depth, Pyramid()(IMAGE).depth)


@pytest.mark.parametrize("called_before", [False, True])
def test_compiled_parts_run_uncompiled_meanwhile(called_before: bool) -> None:
    model, expected = Pyramid(), GradientUncertainty(Pyramid(), LAYERS).estimate(IMAGE)
    model.block, model.stem = compiled(model.block), torch.compile(model.stem, backend="eager")
    model.fuse.compile(backend="eager")
    with torch.no_grad():
        depth = model(IMAGE).depth if called_before else None
    estimate = GradientUncertainty(model, ["block._orig_mod", "fuse"]).estimate(IMAGE)
    for one, two in zip(estimate.layers.values(), expected.layers.values(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-5 * float(two.abs().max()))
    assert {"stem._orig_mod.0", "block._orig_mod", "fuse"} <= {row.name for row in list_layers(model, IMAGE[:1])}
    with torch.no_grad():
        again = model(IMAGE).depth
    assert depth is None or torch.equal(depth, again)


def test_compiled_code_is_compiled_again_when_the_last_estimate_is_done() -> None:
    """Two threads, two models: PyTorch's switch is one for both."""
    torch._dynamo.reset()
    ran: list[int] = []

    def backend(graph: torch.fx.GraphModule, _inputs: list[Tensor]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            ran.append(1)
            return graph(*arguments)

        return run

    models = [Pyramid(), Pyramid()]
    for model in models:
        model.stem = torch.compile(model.stem, backend=backend)
        model(IMAGE)
    assert len(ran) == 2
    estimators = [GradientUncertainty(model, "fuse") for model in models]
    expected = estimators[0].estimate(IMAGE)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda e=e: found.append(e.estimate(IMAGE))) for e in estimators * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(threads)
    for estimate in found:
        assert_same(estimate, expected)
    assert len(ran) == 2
    with torch.no_grad():
        models[0](IMAGE)
    assert len(ran) == 3


def test_data_parallel_networks(ddp: Callable[[nn.Module], DistributedDataParallel]) -> None:
    expected = GradientUncertainty(Pyramid(), LAYERS).estimate(IMAGE)
    for model in (ddp(Pyramid()), ddp(adapted(Pyramid())), adapted(ddp(Pyramid())), compiled(ddp(Pyramid()))):
        before = fingerprint(model)
        assert_same(GradientUncertainty(model, LAYERS).estimate(IMAGE), expected)
        assert fingerprint(model) == before


def test_processes_do_not_wait_for_one_another(
    ddp: Callable[[nn.Module], DistributedDataParallel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them may estimate while the others do not; training is DDP's business."""
    model, calls = adapted(ddp(Pyramid())), []
    original = DistributedDataParallel.forward
    monkeypatch.setattr(
        DistributedDataParallel, "forward", lambda self, *a, **k: calls.append(1) or original(self, *a, **k)
    )
    GradientUncertainty(model, LAYERS).estimate(IMAGE)
    assert not calls
    model.train()(IMAGE).depth.mean().backward()
    assert calls == [1]


def test_a_split_network_trains_inside_ddp_only(ddp: Callable[[nn.Module], DistributedDataParallel]) -> None:
    split: dict[str, Any] = {"encode": lambda net, image: net.left(image), "decode": lambda net, x, size: x[:, :1]}
    net = nn.Module()
    net.left = nn.Conv2d(3, 2, 3, padding=1)
    model = adapt(ddp(net), lambda raw: raw, OutputSpace(), **PLAIN, **split)
    assert GradientUncertainty(model, "left", "feature_noise").estimate(IMAGE).loss.min() > 0
    with pytest.raises(InputError, match="wrap the adapted model in DistributedDataParallel"):
        model.train()(IMAGE)
