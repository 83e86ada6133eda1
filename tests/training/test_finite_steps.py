"""Steps that are not finite: what is left out leaves no trace, and what stops says why."""

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import lightning as L
import pytest
import torch
from lightning.pytorch.plugins.precision import MixedPrecision
from torch import Tensor
from torch.utils.data import DataLoader

from gradunc.errors import InputError
from gradunc.losses import LossEngine, LossInputs, LossResult
from gradunc.training import DepthTraining, FiniteSteps, Optimization
from gradunc.training.batch_check import BatchCheck
from gradunc.types import Sample
from tests.helpers import in_two_processes
from tests.training.helpers import batch, quiet_trainer, tiny_model

both_ways = pytest.mark.parametrize("immediate", [True, False], ids=["before the backward pass", "one batch later"])

Spoil = Callable[[Sample], Sample]


def good(number: int) -> Sample:
    """Batches that differ."""
    made = batch(2)
    made["depth"] = made["depth"] + number
    return made


def without_truth(made: Sample) -> Sample:
    """A loss of NaN, and gradients of NaN."""
    made["depth"] = made["depth"] * math.nan
    return made


def broken_image(made: Sample) -> Sample:
    """Buffers of NaN: the statistics of BatchNorm see the image."""
    made["image"] = made["image"] * math.inf
    return made


def steep(made: Sample) -> Sample:
    """A finite loss without a finite gradient, by `SteepEngine`."""
    made["path"] = "steep"
    return made


class SteepEngine(LossEngine):
    """Adds sqrt |x - x| to the loss of batches that are called "steep": value 0, gradient NaN."""

    def __call__(self, inputs: LossInputs) -> LossResult:
        result = super().__call__(inputs)
        depth = inputs.prediction.scales[0].mean()
        edge = (depth - depth.detach()).abs().sqrt()
        return result._replace(total=result.total + edge) if inputs.sample.get("path") == "steep" else result


def training(policy: str, immediate: bool | None) -> DepthTraining:
    return DepthTraining(
        tiny_model(),
        SteepEngine({"l1": 1.0, "silog": 0.1}),
        optimization=Optimization(learning_rate=1e-3, weight_decay=0.1, schedule="constant", optimizer="adamw"),
        finite_steps=FiniteSteps(policy, immediate),
    )


def loader(batches: Sequence[Sample]) -> DataLoader[Any]:
    return DataLoader(cast(Any, batches), batch_size=None)


def fit(module: DepthTraining, batches: Sequence[Sample], **keywords: Any) -> L.Trainer:
    trainer = quiet_trainer(limit_val_batches=0, **keywords)
    trainer.fit(module, loader(batches))
    return trainer


def state(module: DepthTraining, trainer: L.Trainer) -> dict[str, Tensor]:
    """Weights, buffers and moments."""
    moments = trainer.optimizers[0].state_dict()["state"]
    named = {f"{i} {name}": value for i, values in moments.items() for name, value in values.items()}
    return {**module.state_dict(), **named}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@both_ways
@pytest.mark.parametrize("spoil", [without_truth, broken_image, steep])
def test_a_skipped_step_leaves_no_trace(spoil: Spoil, immediate: bool) -> None:
    module, expected = training("skip", immediate), training("skip", immediate)
    with pytest.warns(UserWarning, match="an optimiser step is skipped: .* not finite at step 1 "):
        trainer = fit(module, [good(0), spoil(good(1)), good(2), spoil(good(3)), good(4)])
    found = state(module, trainer)
    assert same(found, state(expected, fit(expected, [good(0), good(2), good(4)])))
    assert not same(found, state(expected, fit(expected, [good(5)])))
    assert (module.finite_steps.policy.steps, module.finite_steps.policy.skipped) == (5, 2)
    assert module.finite_steps.policy.lines()[0].startswith("2 of 5 optimiser steps were skipped, the first because ")


@both_ways
def test_the_first_step_can_be_skipped_too(immediate: bool) -> None:
    # Adam has no moments yet.
    module, expected = training("skip", immediate), training("skip", immediate)
    with pytest.warns(UserWarning, match="at step 0 "):
        found = state(module, fit(module, [without_truth(good(0)), good(1)]))
    assert same(found, state(expected, fit(expected, [good(1)])))


@both_ways
def test_all_batches_of_an_accumulated_step_are_skipped_together(immediate: bool) -> None:
    module, expected = training("skip", immediate), training("skip", immediate)
    batches = [good(0), good(1), without_truth(good(2)), good(3), good(4), good(5)]
    with pytest.warns(UserWarning, match="at step 1 "):
        found = state(module, fit(module, batches, accumulate_grad_batches=2))
    expected_batches = [*batches[:2], *batches[4:]]
    assert same(found, state(expected, fit(expected, expected_batches, accumulate_grad_batches=2)))
    assert (module.finite_steps.policy.steps, module.finite_steps.policy.skipped) == (3, 1)


@both_ways
@pytest.mark.parametrize("spoil", [without_truth, broken_image, steep])
def test_stop_names_loss_step_and_rate(spoil: Spoil, immediate: bool) -> None:
    module = training("stop", immediate)
    name = "the gradient of the loss" if spoil is steep else "loss l1"
    source = ", and so is 'image' of the batch" if spoil is broken_image else ""
    message = (
        f"training diverged: {name} is not finite at step 1 (epoch 0) with learning rate 0.001{source}; "
        "lower objective.learning_rate or set trainer.gradient_clip_val"
    )
    with pytest.raises(InputError) as error:
        fit(module, [good(0), spoil(good(1)), good(2)], gradient_clip_val=1.0)
    assert str(error.value) == message
    assert all(value.isfinite().all() for value in module.parameters())


@both_ways
def test_stop_at_the_last_batch_of_an_epoch(immediate: bool) -> None:
    with pytest.raises(InputError, match="at step 2 "):
        fit(training("stop", immediate), [good(0), good(1), without_truth(good(2))])


def test_finite_steps_are_the_same_in_every_way() -> None:
    batches = [good(0), good(1), good(2)]
    modules = [training(policy, immediate) for policy in ("stop", "skip") for immediate in (True, False)]
    first, *others = [state(module, fit(module, batches)) for module in modules]
    assert all(same(first, other) for other in others)


def test_flags_are_read_one_batch_later(monkeypatch: pytest.MonkeyPatch) -> None:
    module, read = training("stop", False), []
    found = BatchCheck.found
    monkeypatch.setattr(
        BatchCheck, "found", lambda check: read.append((check.step, module.trainer.global_step)) or found(check)
    )
    fit(module, [good(0), good(1), good(2)])
    # Lightning counts a step after `optimizer_step`, in which step 0 is read while step 1 is under way.
    assert read == [(0, 1), (1, 2), (2, 3)]


@both_ways
def test_a_training_whose_every_step_is_skipped_is_an_error(immediate: bool) -> None:
    with (
        pytest.warns(UserWarning, match="at step 0 "),
        pytest.raises(InputError, match="all 2 optimiser steps were skipped, the first because loss l1 is not finite"),
    ):
        fit(training("skip", immediate), [without_truth(good(0)), without_truth(good(1))])


def test_the_batch_is_saved_where_checkpoints_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"its batch is saved as .*nonfinite-step-000001\.pt; lower"):
        fit(
            training("stop", None),
            [good(0), without_truth(good(1))],
            enable_checkpointing=True,
            default_root_dir=tmp_path,
        )
    saved = torch.load(tmp_path / "nonfinite-step-000001.pt", weights_only=True)
    assert (saved["step"], saved["epoch"], saved["learning_rates"]) == (1, 0, [1e-3])
    assert saved["not_finite"] == ["loss", "l1", "silog"]
    assert torch.equal(saved["batch"]["image"], good(1)["image"])
    assert saved["batch"]["depth"].isnan().all()
    assert saved["batch"]["path"] == good(1)["path"]


def test_a_batch_that_cannot_be_saved_does_not_hide_the_reason(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(InputError, match=r"loss l1 is not finite at step 0 .* its batch could not be saved \("):
        fit(training("stop", None), [without_truth(good(0))], enable_checkpointing=True, default_root_dir=place)


def test_the_count_goes_through_a_checkpoint(tmp_path: Path) -> None:
    module = training("skip", True)
    with pytest.warns(UserWarning, match="at step 1 "):
        trainer = fit(module, [good(0), without_truth(good(1))])
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    resumed = training("skip", True)
    quiet_trainer(limit_val_batches=0, max_epochs=2).fit(
        resumed, loader([good(0), good(1)]), ckpt_path=tmp_path / "a.ckpt"
    )
    assert (resumed.finite_steps.policy.steps, resumed.finite_steps.policy.skipped) == (4, 1)


def test_a_training_that_has_stopped_leaves_nothing_behind_for_the_next() -> None:
    module, expected = training("stop", True), training("stop", True)
    with pytest.raises(InputError):
        fit(module, [without_truth(good(0))])
    module.load_state_dict(expected.state_dict())
    assert same(state(module, fit(module, [good(1)])), state(expected, fit(expected, [good(1)])))


def test_unknown_policy() -> None:
    with pytest.raises(InputError, match=r"trainer.on_nonfinite 'stpo'; did you mean 'stop'\?"):
        FiniteSteps("stpo")


def _half_broken(tmp: Path, immediate: bool) -> None:
    """Only the second process has a broken batch."""
    rank = int(os.environ["LOCAL_RANK"])
    spoiled = without_truth(good(1)) if rank == 1 else good(1)
    module = training("skip", immediate)
    keywords: dict[str, Any] = {"strategy": "ddp", "devices": 2}
    trainer = fit(module, [good(0), spoiled, good(2)], **keywords)
    torch.save(state(module, trainer), tmp / f"{rank}.pt")
    stopped = training("stop", immediate)
    try:
        fit(stopped, [good(0), spoiled, good(2)], **keywords)
    except InputError as error:
        (tmp / f"{rank}.txt").write_text(str(error))


@both_ways
@pytest.mark.slow
def test_processes_decide_together(tmp_path: Path, immediate: bool) -> None:
    in_two_processes(lambda: _half_broken(tmp_path, immediate))
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    weights = [name for name, value in first.items() if value.is_floating_point() and "running" not in name]
    assert all(torch.equal(first[name], second[name]) for name in weights)
    assert all(value.isfinite().all() for value in (*first.values(), *second.values()))
    messages = [(tmp_path / f"{rank}.txt").read_text() for rank in (0, 1)]
    assert messages[0] == messages[1]
    assert messages[0].startswith("training diverged: loss l1 is not finite at step 1 (epoch 0)")


def test_overflows_of_a_float16_scaler_are_its_own_business() -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)
    module = training("stop", False)
    fit(module, [good(i) for i in range(3)], plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
    assert scaler.get_scale() < 2.0**60
    with pytest.raises(InputError, match="loss l1 is not finite at step 1 "):
        fit(module, [good(0), without_truth(good(1)), good(2)], plugins=[MixedPrecision("16-mixed", "cpu")])


def test_a_float16_scaler_that_finds_no_step_is_an_error() -> None:
    module = training("stop", False)
    next(module.depth_model.parameters()).register_hook(lambda gradient: gradient * math.nan)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**-9)
    with pytest.raises(InputError, match="the gradients of every step overflow in float16"):
        fit(module, [good(i) for i in range(3)], plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
