"""Estimators attached to a foreign LightningModule in validate, test, predict and the validation of fit."""

from collections.abc import Callable
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gradunc.callbacks.uncertainty import UncertaintyCallback
from gradunc.errors import InputError
from gradunc.types import DepthPrediction, UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty
from tests.callbacks.helpers import Told, run_test, sample
from tests.uncertainty.networks import Pyramid, fingerprint, noise
from tests.uncertainty.toys.sampled import Sampled, Settings

IMAGES = noise(5, 9, 14)
BATCH = 2


class Cached(Pyramid):
    """Multiplies by a tensor that the first forward pass makes, in whatever mode that runs."""

    def __init__(self) -> None:
        super().__init__(inplace=True)
        self.shade: Tensor | None = None

    def forward(self, image: Tensor) -> DepthPrediction:
        depth = super().forward(image).depth
        if self.shade is None:
            self.shade = torch.linspace(0.5, 1.5, depth.shape[-1])
        return DepthPrediction(depth * self.shade)


class Toy(L.LightningModule):
    """Holds its depth model under another name than ours, one level deeper."""

    def __init__(self, network: nn.Module | None = None) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({"net": network or Cached()})

    def depth(self, batch: dict[str, Tensor]) -> Tensor:
        return self.parts["net"](batch["image"]).depth

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        return self.depth(batch).mean()

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> dict[str, Any]:
        return {"depth": self.depth(batch)}

    test_step = predict_step = validation_step

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1e-3)


class Later(L.Callback):
    """What a callback that comes later in the list finds."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def collect(self, trainer: Any, module: Any, outputs: Any, *args: Any) -> None:
        self.seen.append(dict(outputs))

    on_validation_batch_end = on_test_batch_end = on_predict_batch_end = collect

    def estimates(self, name: str = "gradient") -> list[UncertaintyEstimate]:
        return [outputs["estimates"][name] for outputs in self.seen]


def block(model: nn.Module) -> GradientUncertainty:
    return GradientUncertainty(model, ["block"])


def attached(*callbacks: L.Callback, **keywords: Any) -> L.Trainer:
    quiet: dict[str, Any] = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    return L.Trainer(accelerator="cpu", callbacks=list(callbacks), enable_model_summary=False, **(quiet | keywords))


def loader() -> DataLoader:
    return DataLoader([{"image": image} for image in IMAGES], batch_size=BATCH)  # pyright: ignore[reportArgumentType]


def net_of(module: Toy) -> nn.Module:
    return module.parts["net"]


def assert_estimates_of(network: nn.Module, found: list[UncertaintyEstimate], build: Callable = block) -> None:
    """The same as from a direct call, outside of Lightning."""
    expected = build(network).estimate(IMAGES)
    assert [len(estimate.depth) for estimate in found] == [2, 2, 1]
    torch.testing.assert_close(torch.cat([e.depth for e in found]), expected.depth)
    torch.testing.assert_close(torch.cat([e.uncertainty for e in found]), expected.uncertainty)


@pytest.mark.parametrize("stage", ["validate", "test", "predict"])
def test_estimates_in_every_evaluation_stage_of_the_default_trainer(stage: str) -> None:
    module, later = Toy(), Later()
    before = fingerprint(module)
    trainer = attached(UncertaintyCallback(block, model="parts.net"), later)
    getattr(trainer, stage)(module, loader(), **({} if stage == "predict" else {"verbose": False}))

    assert fingerprint(module) == before
    assert_estimates_of(net_of(module), later.estimates())
    assert all("depth" in outputs for outputs in later.seen)


@pytest.mark.parametrize("stage", ["validate", "test", "predict"])
def test_without_an_estimator_that_differentiates_inference_mode_stays(stage: str) -> None:
    class Plain:
        scale, needs_grad = "score", False

        def estimate(self, image: Tensor, **_inputs: Any) -> UncertaintyEstimate:
            assert torch.is_inference_mode_enabled()
            return UncertaintyEstimate(image, image, image > 0, {}, image.sum((1, 2, 3)))

    later = Later()
    getattr(attached(UncertaintyCallback(Plain(), model="parts.net"), later), stage)(Toy(), loader())

    assert len(later.estimates()) == 3


def test_predict_returns_the_estimates() -> None:
    module = Toy()
    returned = attached(UncertaintyCallback(block, model="parts.net")).predict(module, loader())

    assert returned is not None
    assert_estimates_of(net_of(module), [outputs["estimates"]["gradient"] for outputs in returned])


def test_several_named_estimators_ready_or_made_for_the_model() -> None:
    module, later = Toy(), Later()
    ready = GradientUncertainty(net_of(module), ["fuse"], reference="gray")
    callback = UncertaintyCallback({"ready": ready, "made": block}, model="parts.net")
    attached(callback, later).test(module, loader(), verbose=False)

    assert callback.names == ("ready", "made")
    assert_estimates_of(net_of(module), later.estimates("ready"), lambda _network: ready)
    assert_estimates_of(net_of(module), later.estimates("made"))


def test_a_single_ready_estimator_is_named_gradient() -> None:
    module, later = Toy(), Later()
    attached(UncertaintyCallback(block(net_of(module)), model="parts.net"), later).test(module, loader(), verbose=False)

    assert_estimates_of(net_of(module), later.estimates())


def test_two_callbacks_add_to_the_same_estimates() -> None:
    module, later = Toy(), Later()
    one = UncertaintyCallback({"one": block}, model="parts.net")
    two = UncertaintyCallback({"two": block}, model="parts.net")
    attached(one, two, later).test(module, loader(), verbose=False)

    assert set(later.seen[0]["estimates"]) == {"one", "two"}


def test_defaults_are_the_published_estimator_of_the_attribute_depth_model() -> None:
    class Ours(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.depth_model = nn.Module()
            self.depth_model.add_module("decoder", nn.Module())
            self.depth_model.decoder.blocks = nn.ModuleList(nn.ModuleDict({"conv": nn.Identity()}) for _ in range(7))

    module, callback = Ours(), UncertaintyCallback()
    callback.setup(attached(), module, "test")
    (built,) = callback.built.values()

    assert isinstance(built, GradientUncertainty)
    assert built.model is module.depth_model
    assert built.choice.given == ("auto",)
    assert built.description()["loss"] == "squared"


def fitted(during_fit: bool) -> tuple[Toy, Later]:
    torch.manual_seed(0)
    module, later = Toy(Cached().train()), Later()
    callback = UncertaintyCallback(block, model="parts.net", during_fit=during_fit)
    attached(callback, later, max_epochs=2, log_every_n_steps=1).fit(module, loader(), loader())
    return module, later


def test_validation_inside_fit_is_left_out_unless_asked_for_and_training_stays_the_same() -> None:
    without, seen_without = fitted(during_fit=False)
    module, seen = fitted(during_fit=True)

    assert not any("estimates" in outputs for outputs in seen_without.seen)
    assert len(seen.estimates()) == 2 + 3 + 3  # two batches of the sanity check, two epochs
    assert_estimates_of(net_of(module), seen.estimates()[-3:])
    assert fingerprint(module) == fingerprint(without)


def test_one_callback_serves_fit_and_then_test() -> None:
    module, later = Toy(Cached().train()), Later()
    trainer = attached(UncertaintyCallback(block, model="parts.net", during_fit=True), later, max_epochs=1)
    trainer.fit(module, loader(), loader())
    later.seen.clear()
    trainer.test(module, loader(), verbose=False)

    assert_estimates_of(net_of(module), later.estimates())


@pytest.mark.parametrize("given", [None, torch.zeros(1)])
@pytest.mark.parametrize("stage", ["validate", "test", "predict"])
def test_a_step_that_returns_no_dict_is_refused(stage: str, given: Any) -> None:
    class Silent(Toy):
        def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> Any:
            return given

        test_step = predict_step = validation_step

    message = r"the step returned a \w+; return a dict so that callbacks can add estimates"
    with pytest.raises(InputError, match=message):
        getattr(attached(UncertaintyCallback(block, model="parts.net")), stage)(Silent(), loader())


@pytest.mark.parametrize("attribute", ["depth_model", "parts.network", "missing.net"])
def test_a_missing_depth_model_is_refused_by_name(attribute: str) -> None:
    message = rf"Toy has no '{attribute}'; name the depth model with model='...'"
    with pytest.raises(InputError, match=message):
        attached(UncertaintyCallback(block, model=attribute)).test(Toy(), loader(), verbose=False)


def test_an_unknown_layer_is_told_before_the_first_batch() -> None:
    callback = UncertaintyCallback(lambda model: GradientUncertainty(model, ["blok"]), model="parts.net")
    with pytest.raises(InputError, match="no layer 'blok'; nearest: block"):
        attached(callback).test(Toy(), loader(), verbose=False)


def test_the_model_is_unchanged_after_an_exception_in_a_batch() -> None:
    class Broken(Cached):
        calls = 0

        def forward(self, image: Tensor) -> DepthPrediction:
            self.calls += 1
            if self.calls == 3:  # step, reference, prediction with hooks
                super().forward(image)
                raise RuntimeError("planted")
            return super().forward(image)

    module = Toy(Broken())
    before = fingerprint(net_of(module))
    with pytest.raises(RuntimeError, match="planted"):
        attached(UncertaintyCallback(block, model="parts.net")).test(module, loader(), verbose=False)

    assert fingerprint(net_of(module)) == before


def test_inputs_name_the_image_of_other_batches() -> None:
    image = torch.rand(2, 3, 8, 8)
    with pytest.raises(InputError, match=r"without key 'image' \(it has x\); say where its images"):
        UncertaintyCallback().estimates({"x": image})
    callback = UncertaintyCallback(inputs=lambda batch: {"image": batch["x"]})
    assert callback.inputs({"x": image})["image"] is image


class Counted(Told):
    """Counts its forward passes."""

    calls = 0

    def forward(self, image: Tensor) -> DepthPrediction:
        self.calls += 1
        return super().forward(image)


def test_estimators_share_forward_passes_in_inference_mode_too() -> None:
    """One pass of the step, one mirrored pass and a noisy one each; measuring the costs is left out."""
    model = Counted()
    settings = Settings(method="sampled", samples=1)
    callback = UncertaintyCallback({name: Sampled(model, settings) for name in ("one", "two")})
    callback._count = lambda *_: {"one": 1.0, "two": 1.0}
    run_test([sample(0)], [callback], model)
    assert model.calls == 1 + 1 + 2
