"""The gradient engine: nothing of the model changes, in any mode, in any thread."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import (
    Pyramid,
    WithCamera,
    fingerprint,
    noise,
)


class Fragile(Pyramid):
    """Raises in the second forward pass, after the captured layer."""

    calls = 0

    def forward(self, image: Tensor) -> DepthPrediction:
        prediction = super().forward(image)
        self.calls += 1
        if self.calls == 2:
            raise RuntimeError("planted")
        return prediction


class TestNothingChanges:
    def trained(self, kind: type[Pyramid] = Pyramid) -> Pyramid:
        """In train mode with one part frozen in eval mode, gradients already there, and hooks of its user."""
        model = kind(inplace=True).train()
        model.deep.eval().requires_grad_(False)
        model(noise(2, 8, 8)).depth.mean().backward()
        if isinstance(model, Fragile):
            model.calls = 0
        model.block.register_forward_hook(lambda _module, _args, output: output * 1.0)
        model.fuse.register_forward_pre_hook(lambda _module, _args: None)
        model.head.register_full_backward_hook(lambda _module, _into, _out: None)
        model.fuse.weight.register_hook(lambda gradient: gradient)
        return model

    def test_after_an_estimate_in_train_mode(self) -> None:
        model = self.trained()
        before = fingerprint(model)
        estimate = GradientUncertainty(model, ["block", "fuse"], chunk=2).estimate(noise(3, 8, 8))

        assert fingerprint(model) == before
        assert model.block.weight.grad is not None
        assert not any(t.requires_grad for t in (*estimate[:3], estimate.loss, *estimate.layers.values()))

    def test_after_an_exception_inside_the_forward_pass(self) -> None:
        model = self.trained(Fragile)
        before = fingerprint(model)
        with torch.no_grad(), pytest.raises(RuntimeError, match="planted"):
            GradientUncertainty(model, ["block"]).estimate(noise(1, 8, 8))

        assert fingerprint(model) == before
        assert torch.is_grad_enabled()

    def test_training_mode_gives_the_result_of_eval_mode(self) -> None:
        model, image = Pyramid(), noise(2, 8, 8)
        expected = GradientUncertainty(model, ["block"]).estimate(image)
        estimate = GradientUncertainty(model.train(), ["block"]).estimate(image)

        assert torch.equal(estimate.uncertainty, expected.uncertainty)
        assert torch.equal(estimate.depth, expected.depth)

    def test_the_fingerprint_sees_every_kind_of_change(self) -> None:
        def hook(*_args: Any) -> None: ...

        changes: list[Callable[[Pyramid], Any]] = [
            lambda model: model.block.weight.data.add_(1e-6),
            lambda model: model.stem[1].running_mean.add_(1e-6),
            lambda model: model.block.weight.requires_grad_(False),
            lambda model: setattr(model.block.weight, "grad", torch.zeros_like(model.block.weight)),
            lambda model: model.dropout.train(),
            lambda model: model.block.register_forward_hook(hook),
            lambda model: model.block.register_forward_pre_hook(hook),
            lambda model: model.block.register_full_backward_hook(hook),
            lambda model: model.block.weight.register_hook(hook),
        ]
        for change in changes:
            model = Pyramid()
            before = fingerprint(model)
            change(model)
            assert fingerprint(model) != before


class TestModes:
    MODES: tuple[Callable[[], AbstractContextManager[Any]], ...] = (
        torch.no_grad,
        torch.inference_mode,
        torch.enable_grad,
    )

    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("layers", [["block"], ["stem.0", "fuse"]])
    def test_all_inputs_made_inside_the_mode(
        self, mode: Callable[[], AbstractContextManager[Any]], layers: list[str]
    ) -> None:
        model = Pyramid(inplace=True)
        estimator = GradientUncertainty(model, layers, chunk=2)
        mask = noise(3, 9, 10, seed=1)[:, :1] > 0.2
        expected = estimator.estimate(noise(3, 9, 10), mask=mask)
        with mode():
            state = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            estimate = estimator.estimate(noise(3, 9, 10), mask=noise(3, 9, 10, seed=1)[:, :1] > 0.2)
            assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == state

        assert torch.equal(estimate.uncertainty, expected.uncertainty)
        assert torch.equal(estimate.loss, expected.loss)

    def test_inputs_of_the_network_made_in_inference_mode(self) -> None:
        estimator = GradientUncertainty(WithCamera(), ["features"])
        with torch.inference_mode():
            intrinsics = torch.eye(3).repeat(2, 1, 1)
            estimate = estimator.estimate(noise(2, 1, 5), intrinsics=intrinsics, factor=torch.tensor(1.0))

        torch.testing.assert_close(estimate.loss, torch.tensor([16.0, 16.0]))

    def test_an_image_of_inference_mode_that_the_network_uses_after_the_layer(self) -> None:
        class Guided(Pyramid):
            def forward(self, image: Tensor) -> DepthPrediction:
                return DepthPrediction(super().forward(image).depth * image[:, :1])

        estimator = GradientUncertainty(Guided(), ["block"])
        expected = estimator.estimate(noise(2, 8, 8))
        with torch.inference_mode():
            estimate = estimator.estimate(noise(2, 8, 8))

        assert torch.equal(estimate.uncertainty, expected.uncertainty)

    def test_an_image_that_requires_grad_gets_none(self) -> None:
        image = noise(1, 8, 8).requires_grad_()
        GradientUncertainty(Pyramid(), ["block"]).estimate(image)

        assert image.grad is None

    def test_float32_out_of_half_precision(self) -> None:
        model, image = Pyramid(), noise(1, 8, 8)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            estimate = GradientUncertainty(model, ["block", "fuse"]).estimate(image)
        double = GradientUncertainty(Pyramid().double(), ["block", "fuse"]).estimate(image.double())

        for one in (estimate, double):
            assert {t.dtype for t in (one.uncertainty, one.loss, *one.layers.values())} == {torch.float32}
        expected = GradientUncertainty(model, ["block", "fuse"]).estimate(image)
        torch.testing.assert_close(double.uncertainty, expected.uncertainty, rtol=1e-3, atol=1e-4)
