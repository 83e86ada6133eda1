"""One battery for every file of configs/objective, and for each check an objective that must fail it."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from gradunc.assembly import build_training
from gradunc.config import TrainConfig, load, parse
from gradunc.config.command_line import choices
from gradunc.config.train import TRAIN_GROUPS
from gradunc.losses import TERMS, LossEngine, LossInputs, LossResult
from gradunc.models import export_model
from gradunc.training import DepthTraining
from tests.contracts import objective_checks as checks
from tests.helpers import tiny_model

pytestmark = pytest.mark.slow

TINY = [
    "data=synthetic",
    "model=lcnet",
    "model.size=[32,64]",
    "model.initial_depth=12",
    "model.min_depth=1",
    "objective.pose_encoder=lcnet_050",
]
OBJECTIVES = choices("objective")

rendered = cache(checks.street_batch)


@pytest.fixture(autouse=True)
def _render_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy(*arguments: Any, **keywords: Any) -> dict[str, Any]:
        return dict(rendered(*arguments, **keywords))

    monkeypatch.setattr(checks, "street_batch", copy)


WITH_HEAD = {name for name, make in TERMS.items() if make().head}


RELATIVE = ["model.head=relative", "model.initial_depth=null"]
NETWORKS = {
    "midas": RELATIVE,
    "midas_least_squares": RELATIVE,
    "adabins": ["model=adabins_tiny", "model.bins=16", "model.patch=4"],
}
"""What an objective asks of the network beside its losses."""


def configured(objective: str, *more: str) -> TrainConfig:
    """A tiny network with an objective."""
    line = [*TINY, f"objective={objective}", *NETWORKS.get(objective, []), *more]
    if "model=rt_monodepth_s" not in more and "model=adabins_tiny" not in line:
        line.append("model.decoder_channels=[8,8,8,8,8]")
    if objective == "self_teaching":
        line.append(f"objective.teacher={teacher()}")
    return load(TrainConfig, TRAIN_GROUPS, parse(line, TRAIN_GROUPS))


@cache
def teacher() -> Path:
    """An untrained network in a file."""
    return export_model(tiny_model(initial_depth=9.0), Path(tempfile.mkdtemp()) / "teacher")


def factory(objective: str, *more: str) -> checks.Factory:
    """What train.py builds for `objective=...`."""
    config = configured(objective, *more)

    def make() -> DepthTraining:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return build_training(config)

    return make


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_contract(objective: str, check: Callable[[checks.Factory], None]) -> None:
    check(factory(objective))


class BrokenEngine(LossEngine):
    """The engine of an objective whose result is spoilt."""

    def __init__(self, engine: LossEngine, spoil: Callable[[LossResult, LossInputs], LossResult]) -> None:
        self.terms, self.engine, self.spoil = engine.terms, engine, spoil

    def __call__(self, inputs: LossInputs) -> LossResult:
        return self.spoil(self.engine(inputs), inputs)


def not_finite(result: LossResult, inputs: LossInputs) -> LossResult:
    return result._replace(total=result.total / 0)


def no_maps(result: LossResult, inputs: LossInputs) -> LossResult:
    return result._replace(maps={})


def finest_scale_only(result: LossResult, inputs: LossInputs) -> LossResult:
    return result._replace(total=result.per_scale[0])


def wrong_sign_of_the_gradient(result: LossResult, inputs: LossInputs) -> LossResult:
    return result._replace(total=2 * result.total.detach() - result.total)


def spread_over_the_batch(result: LossResult, inputs: LossInputs) -> LossResult:
    return result._replace(total=result.total * inputs.prediction.depth.flatten(1).mean(1).std())


def noisy(result: LossResult, inputs: LossInputs) -> LossResult:
    return result._replace(total=result.total * (1 + torch.rand(())))


BUGS = [
    (checks.check_step, not_finite),
    (checks.check_maps, no_maps),
    (checks.check_gradients, finest_scale_only),
    (checks.check_learns, wrong_sign_of_the_gradient),
    (checks.check_batch_of_one, spread_over_the_batch),
    (checks.check_reproducible, noisy),
]


@pytest.mark.parametrize(("check", "bug"), BUGS, ids=lambda part: part.__name__)
def test_a_planted_bug_is_found(check: Callable[[checks.Factory], None], bug: Any) -> None:
    def make() -> DepthTraining:
        module = factory("stereo")()
        module.engine = BrokenEngine(module.engine, bug)
        return module

    with pytest.raises(AssertionError):
        check(make)


def test_every_check_has_a_planted_bug() -> None:
    assert {check for check, _ in BUGS} == set(checks.CHECKS)


@pytest.mark.parametrize("model", ["lcnet", "rt_monodepth_s"])
def test_both_networks_take_the_self_supervised_objectives(model: str) -> None:
    for objective in ("mono", "mono_stereo"):
        checks.check_gradients(factory(objective, f"model={model}", "model.size=[32,64]"))


LIKELY = [
    name
    for name in OBJECTIVES
    if configured(name).objective.losses.keys() & WITH_HEAD and name.startswith(("supervised", "stereo"))
]
"""Of those with the same loss one: a film or a teacher in the place of stereo pairs or truth changes nothing of it."""


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("objective", LIKELY)
def test_two_hundred_steps_from_random_weights_stay_finite(objective: str, precision: torch.dtype) -> None:
    module = factory(objective)().train()
    batches = [checks.street_batch(module.frames), checks.street_batch(module.frames, invalid=True)]
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    for step in range(200):
        optimizer.zero_grad()
        with torch.autocast("cpu", precision, enabled=precision is torch.bfloat16):
            loss = checks.step(module, batches[step % 8 == 7])["loss"]
        assert loss.isfinite(), f"step {step}"
        loss.backward()
        optimizer.step()
    assert all(parameter.isfinite().all() for parameter in module.parameters())
