"""Lists of references, what the engine hands to its parts, and how often the network runs."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc.types import OutputSpace
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.losses import LOSSES, Comparison
from gradunc.uncertainty.gradient.references import Noise, Query, Reference, Shift
from tests.uncertainty.networks import Pyramid, WithVariance, integer_network, noise, row
from tests.uncertainty.split_networks import Split, Whole


def constant(*values: float, known: list[bool] | None = None) -> Any:
    """A reference of one row that does not look at the image."""

    def answer(query: Query) -> Reference:
        depth = torch.tensor(values, dtype=torch.float32).view(1, 1, 1, -1)
        return Reference(depth, None if known is None else torch.tensor(known).view(1, 1, 1, -1))

    return answer


def of_integers(references: Any, loss: str, **inputs: Any) -> tuple[float, list[float], list[bool]]:
    """Loss, gradient with respect to the depth -2,-3,-4, and validity."""
    estimate = GradientUncertainty(integer_network(), ["head"], references, loss).estimate(row(1, 2, 3), **inputs)
    return estimate.loss.item(), estimate.uncertainty.flatten().tolist(), estimate.valid.flatten().tolist()


class TestSeveralReferences:
    @pytest.mark.parametrize("loss", sorted(set(LOSSES) - {"variance"}))
    def test_losses_and_gradients_are_the_mean_of_single_runs(self, loss: str) -> None:
        references, image = ["flip", "gray", {"shift": {"right": 2}}], noise(1, 8, 10)
        mask = noise(1, 8, 10, seed=3)[:, :1] > 0.2
        singles = [
            GradientUncertainty(Split(), "fuse", one, loss, "sum").estimate(image, mask=mask) for one in references
        ]
        together = GradientUncertainty(Split(), "fuse", references, loss, "sum").estimate(image, mask=mask)

        torch.testing.assert_close(together.loss, torch.stack([one.loss for one in singles]).mean(0))
        mean = torch.stack([one.uncertainty for one in singles]).mean(0)
        torch.testing.assert_close(together.uncertainty, mean, rtol=1e-4, atol=1e-4 * float(mean.abs().max()))

    def test_variance_by_hand(self) -> None:
        # With -4,-1,-4 and 0,-8,-4: means -2,-4,-4; sums of squares 4+4, 1+9+16, 0; over N-1 = 2.
        loss, gradient, _ = of_integers([constant(-4, -1, -4), constant(0, -8, -4)], "variance")

        assert loss == pytest.approx((4 + 13 + 0) / 3)
        assert gradient == pytest.approx([0, 2 * 1 / (2 * 3), 0])  # 2 (d - mean) / ((N - 1) P)

    def test_each_pixel_counts_the_references_that_know_it(self) -> None:
        known = [constant(-4, 9, 0, known=[True, False, False]), constant(0, -5, 0, known=[True, True, False])]

        # Squared: 4 of one pixel; 4 and 4 of two. Gradients 2 e / pixels of each reference, averaged.
        loss, gradient, valid = of_integers(known, "squared")
        assert loss == pytest.approx((4 + 4) / 2)
        assert gradient == pytest.approx([(2 * 2 / 1 - 2 * 2 / 2) / 2, 2 * 2 / 2 / 2, 0])
        assert valid == [True, True, False]
        # Variance: -2,-4,0: 4; -3,-5: 2; two pixels.
        loss, gradient, valid = of_integers(known, "variance")
        assert loss == pytest.approx((4 + 2) / 2)
        assert gradient == pytest.approx([0, 2 * 1 / (1 * 2), 0])
        assert valid == [True, True, False]

    def test_the_mask_holds_for_all(self) -> None:
        mask = torch.tensor([False, True, True]).view(1, 1, 1, 3)
        known = [constant(9, -5, 9, known=[True, True, False]), constant(9, -3, -6)]
        loss, gradient, valid = of_integers(known, "squared", mask=mask)

        assert loss == pytest.approx((4 / 1 + (0 + 4) / 2) / 2)
        assert gradient == pytest.approx([0, 2 * 2 / 1 / 2, 2 * 2 / 2 / 2])
        assert valid == [False, True, True]

    def test_two_of_the_same_random_reference_draw_different_numbers(self) -> None:
        # Equal draws would give the loss of one; the variance of three maps needs three maps.
        image = noise(1, 8, 10)
        one, two = (GradientUncertainty(Split(), "fuse", [Noise(0.1)] * n).estimate(image) for n in (1, 2))

        assert one.loss != two.loss

    def test_every_reference_is_one_forward_pass_and_the_prediction_one(self) -> None:
        model = Whole()
        GradientUncertainty(model, "inner.block", ["flip", "gray", "noise"]).estimate(noise(1, 8, 8))

        assert model.calls == 4


class TestWithoutReference:
    def test_the_variance_term_alone_runs_the_network_once(self) -> None:
        model = WithVariance()
        calls: list[int] = []
        model.register_forward_hook(lambda _m, _a, _o: calls.append(1))
        estimator = GradientUncertainty(model, "features", "none", variance_weight=3.0)
        estimate = estimator.estimate(row(0, 2 * math.log(2)))

        # d/dh of 3 mean exp(2h) at h = 0, log 2: 2 * 3 * (1, 4) / 2; the depth's gradient is 0.
        torch.testing.assert_close(estimate.loss, torch.tensor([3 * (1 + 4) / 2]))
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([3.0, 12.0]))
        assert calls == [1]

    def test_a_mask_holds_for_the_variance_term(self) -> None:
        mask = torch.tensor([True, False]).view(1, 1, 1, 2)
        estimator = GradientUncertainty(WithVariance(), "features", "none", variance_weight=3.0)
        estimate = estimator.estimate(row(0, 400), mask=mask)

        assert estimate.loss.tolist() == [3.0]
        assert torch.equal(estimate.valid, mask)

    def test_the_variance_counts_where_any_reference_is_known(self) -> None:
        # Shifted by one of three: the last pixel is unknown. Pixelwise network: the squared term is 0.
        estimator = GradientUncertainty(WithVariance(), "features", Shift(1), variance_weight=1.0)
        estimate = estimator.estimate(row(0, 2 * math.log(2), 400))

        torch.testing.assert_close(estimate.loss, torch.tensor([(1 + 4) / 2]))
        assert estimate.valid.flatten().tolist() == [True, True, False]


def test_the_loss_sees_the_output_space_of_the_network() -> None:
    seen: list[Comparison] = []

    def spy(comparison: Comparison) -> Tensor:
        seen.append(comparison)
        return comparison.depth.flatten(1).sum(1)

    model = Pyramid()
    GradientUncertainty(model, "block", ["flip", "gray"], spy, chunk=2).estimate(noise(2, 8, 8).double().float())
    model.output_space = OutputSpace("disparity", "affine")
    GradientUncertainty(model, "block", "flip", spy).estimate(noise(1, 8, 8))

    assert seen[0].space == OutputSpace()
    assert seen[1].space == OutputSpace("disparity", "affine")
    assert seen[0].reference.shape == (2, 2, 1, 8, 8)
    assert seen[0].keep is None
    assert seen[0].depth.requires_grad
    assert not seen[0].reference.requires_grad


def test_differentiate_hands_out_raw_gradients_in_chunks() -> None:
    estimator = GradientUncertainty(Split(), ["block", "fuse"], chunk=2)
    parts = estimator.gradients(noise(5, 8, 10), lambda gradient: tuple(gradient.shape))

    assert [part.layers for part in parts] == [{"block": (n, 3, 4, 5), "fuse": (n, 3, 8, 10)} for n in (2, 2, 1)]
    assert [len(part.loss) for part in parts] == [2, 2, 1]
    torch.testing.assert_close(torch.cat([part.loss for part in parts]), estimator.estimate(noise(5, 8, 10)).loss)


def test_loss_and_gradient_of_half_precision_are_taken_in_float32() -> None:
    class Half(Pyramid):
        def forward(self, image: Tensor) -> Any:
            prediction = super().forward(image)
            return prediction._replace(depth=(prediction.depth * 1e4).to(torch.bfloat16))

    estimate = GradientUncertainty(Half(), "block").estimate(noise(1, 8, 8))

    assert estimate.loss.dtype == torch.float32
    assert estimate.uncertainty.isfinite().all()
    assert estimate.uncertainty.abs().max() > 0
