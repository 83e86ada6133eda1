"""What an estimator does where the mirrored prediction disagrees with the plain one."""

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.export.trace import trace
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.reference_review import ENOUGH
from tests.uncertainty.networks import assert_same, noise


class Ramped(nn.Module):
    """Mirrored images give mirrored depth, but for a ramp over the width: of the features, or of the depth.

    The ramp of a log depth is `slope` times the column in [-0.5, 0.5], and a quarter of that in dark images. Both
    predictions then differ by a tilt of twice that.
    """

    def __init__(self, slope: float, place: str = "depth", ambiguity: Any = "scale") -> None:
        super().__init__()
        self.slope, self.place = slope, place
        self.output_space = OutputSpace("depth", ambiguity)
        self.block, self.head = nn.Conv2d(2, 4, 1), nn.Conv2d(4, 1, 1, bias=False)
        self.block.weight.data = torch.tensor([[1.0, 0], [0, 1], [1, 1], [1, -1]])[..., None, None]
        nn.init.zeros_(self.block.bias)  # pyright: ignore[reportArgumentType]
        self.head.weight.data = torch.tensor([[1.0, 1, 0, 0]])[..., None, None]
        self.eval()

    def encode(self, image: Tensor) -> Tensor:
        bright = torch.where(image.mean((1, 2, 3), keepdim=True) > 0.4, 1.0, 0.25)
        ramp = self.slope * torch.linspace(-0.5, 0.5, image.shape[-1]).expand_as(image[:, :1]) * bright
        return torch.cat([image[:, :1], ramp], 1)

    def decode(self, features: Tensor, size: tuple[int, int]) -> DepthPrediction:
        red, ramp = features.split(1, 1)
        own = features if self.place == "features" else torch.cat([red, torch.zeros_like(red)], 1)
        if self.place == "features":
            # Mirrored features then differ as well, but by no more than is usual.
            ramp = 0.05 * torch.linspace(-0.5, 0.5, size[1])
        if self.place == "depth":
            # Read from the place and not from the features, so that it does not move with them.
            ramp = 2 * ramp.amax((1, 2, 3), keepdim=True) * torch.linspace(-0.5, 0.5, size[1])
        return DepthPrediction((self.head(self.block(own)) + ramp).exp())

    def forward(self, image: Tensor) -> DepthPrediction:
        return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]))


class Whole(nn.Module):
    """The same without parts."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.inner = Ramped(slope)

    def forward(self, image: Tensor) -> DepthPrediction:
        return self.inner(image)


def estimator(network: nn.Module, check: str, loss: str = "sensitivity", **changes: Any) -> GradientUncertainty:
    layer = "inner.block" if isinstance(network, Whole) else "block"
    settings = {"reference": "flip", "loss": loss, "channels": "norm", **changes}
    return GradientUncertainty(network, [layer], reference_check=check, **settings)


def said(one: GradientUncertainty, image: Tensor) -> list[str]:
    """Warnings of one estimate."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        one.estimate(image)
    return [str(warning.message) for warning in caught]


IMAGES = noise(ENOUGH, 12, 21)


class TestWarning:
    def test_a_ramp_is_told_once_in_one_line(self) -> None:
        one = estimator(Ramped(0.2), "warn")

        assert said(one, IMAGES[:-1]) == []
        assert one.notes == ()
        (line,) = said(one, IMAGES[-1:])
        assert line.startswith(
            "reference=flip: in 8 of 8 images the mirrored prediction disagrees with the plain one: shift "
        )
        assert "tilt 0.4 (limit 0.3)" in line
        assert line.endswith("compare with reference='none' where truth is known, or set reference_check='off'")
        assert said(one, noise(3, 12, 21, seed=1)) == []
        assert one.notes == ("reference=flip: the mirrored prediction disagrees with the plain one in 11 of 11 images",)

    @pytest.mark.parametrize("slope", [0.0, 0.1])
    def test_a_network_that_mirrors_is_quiet(self, slope: float) -> None:
        one = estimator(Ramped(slope), "warn")

        assert said(one, IMAGES) == []
        assert one.notes == ()

    @pytest.mark.parametrize(("dark", "warnings"), [(ENOUGH, 1), (ENOUGH + 1, 0)])
    def test_half_of_the_images_are_enough(self, dark: int, warnings: int) -> None:
        mixed = torch.cat([0.5 * noise(dark, 12, 21, seed=2), IMAGES])

        assert len(said(estimator(Ramped(0.2), "warn"), mixed)) == warnings

    def test_an_image_that_is_asked_about_again_counts_once(self) -> None:
        one = estimator(Ramped(0.2), "warn")

        assert [said(one, IMAGES[:1]) for _ in range(ENOUGH + 1)] == [[]] * (ENOUGH + 1)

    def test_a_loss_that_needs_a_reference_is_named(self) -> None:
        (line,) = said(estimator(Whole(0.2), "warn", loss="l1"), IMAGES)

        assert "; compare with reference='none' and loss='sensitivity' where truth is known, or set " in line

    @pytest.mark.parametrize(
        "one",
        [
            estimator(Ramped(0.2), "off"),
            estimator(Ramped(0.2), "warn", reference="gray"),
            estimator(Ramped(0.2, ambiguity="affine"), "warn"),
        ],
        ids=["off", "not mirrored", "depth up to a shift"],
    )
    def test_nothing_is_looked_at(self, one: GradientUncertainty) -> None:
        assert said(one, IMAGES) == []

    def test_it_costs_nothing_and_changes_nothing(self) -> None:
        looking, blind = estimator(Ramped(0.2), "warn"), estimator(Ramped(0.2), "off")

        assert looking.cost(IMAGES) == blind.cost(IMAGES)
        assert torch.equal(looking.estimate(IMAGES).uncertainty, blind.estimate(IMAGES).uncertainty)
        assert looking.description() == blind.description()


class TestFallback:
    def test_mirrored_features_where_they_agree(self) -> None:
        network = Ramped(0.2, "features")
        one = estimator(network, "fallback", loss="l1")

        (line,) = said(one, IMAGES)
        assert line.endswith("; reference='feature_flip' is used there, unless it disagrees too")
        assert one.notes == ("reference=flip fell back on feature_flip for 8 of 8 images",)
        expected = estimator(network, "off", loss="l1", reference="feature_flip").estimate(IMAGES)
        assert torch.equal(one.estimate(IMAGES).uncertainty, expected.uncertainty)

    @pytest.mark.parametrize("network", [Ramped(0.2), Whole(0.2)], ids=["split", "whole"])
    def test_none_where_the_loss_needs_none(self, network: nn.Module) -> None:
        one = estimator(network, "fallback")

        found = one.estimate(IMAGES[:3]).uncertainty
        assert one.cost(IMAGES[:1]) == estimator(network, "off").cost(IMAGES[:1])
        assert one.notes == ("reference=flip fell back on none for 3 of 3 images",)
        # All weights are 2, the mean of those with a reference, instead of 1.
        expected = 2 * estimator(network, "off", reference="none").estimate(IMAGES[:3]).uncertainty
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)

    @pytest.mark.parametrize(
        ("network", "reason"),
        [
            (Ramped(0.2), "; reference='feature_flip' is used there, unless it disagrees too"),
            (Whole(0.2), "; it is used all the same, for want of another; compare with "),
        ],
        ids=["features disagree too", "no features"],
    )
    def test_a_loss_that_needs_a_reference_keeps_it_and_says_so(self, network: nn.Module, reason: str) -> None:
        one = estimator(network, "fallback", loss="l1")

        (line,) = said(one, IMAGES)
        assert reason in line
        expected = estimator(network, "off", loss="l1").estimate(IMAGES)
        assert torch.equal(one.estimate(IMAGES).uncertainty, expected.uncertainty)

    @pytest.mark.parametrize("chunk", [1, 4])
    def test_an_image_does_not_depend_on_its_neighbours(self, chunk: int) -> None:
        network, mixed = Ramped(0.2), torch.cat([IMAGES[:2], 0.5 * IMAGES[:2]])[[0, 2, 1, 3]]

        together = estimator(network, "fallback", chunk=chunk).estimate(mixed)
        for i in (0, 1):
            alone = estimator(network, "fallback").estimate(mixed[i : i + 1])
            torch.testing.assert_close(together.uncertainty[i : i + 1], alone.uncertainty)
        dark = estimator(network, "off", chunk=chunk).estimate(mixed).uncertainty
        assert torch.equal(together.uncertainty[1::2], dark[1::2])
        assert not torch.equal(together.uncertainty[0::2], dark[0::2])

    def test_other_references_stay(self) -> None:
        settings: dict[str, Any] = {"reference": ["gray", "flip"]}
        quiet, same = (estimator(Ramped(0.1), mode, **settings).estimate(IMAGES) for mode in ("fallback", "off"))
        found, kept = (estimator(Ramped(0.2), mode, **settings).estimate(IMAGES) for mode in ("fallback", "off"))

        assert_same(quiet, same)
        assert not torch.equal(found.uncertainty, kept.uncertainty)

    def test_it_is_part_of_what_is_computed(self) -> None:
        assert estimator(Ramped(0.2), "fallback").description()["reference_check"] == "fallback"
        assert "reference_check" not in estimator(Ramped(0.2), "fallback", reference="gray").description()

    def test_a_graph_cannot_do_it(self) -> None:
        with pytest.raises(InputError, match="reference_check='fallback' decides by the values of an image"):
            trace(estimator(Ramped(0.2), "fallback"), (12, 21))


def test_a_wrong_name() -> None:
    with pytest.raises(InputError, match="reference_check 'fall'"):
        estimator(Ramped(0.2), "fall")
