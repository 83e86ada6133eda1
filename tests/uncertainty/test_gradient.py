"""The gradient engine: hand-computed maps, a second implementation, and independence of everything around it."""

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models.depth import DepthModel
from gradunc.models.registry import build_model
from gradunc.models.settings import ModelSettings
from gradunc.types import DepthPrediction, UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.references import Reference
from tests.uncertainty.networks import (
    Branches,
    Chain,
    Pyramid,
    WithCamera,
    WithVariance,
    added_gradients,
    convolution,
    fingerprint,
    flipped_depth,
    integer_network,
    noise,
    row,
)


def assert_same(one: UncertaintyEstimate, two: UncertaintyEstimate, rtol: float = 1e-5) -> None:
    torch.testing.assert_close(one.depth, two.depth, rtol=rtol, atol=1e-6)
    torch.testing.assert_close(one.loss, two.loss, rtol=rtol, atol=1e-7)
    assert torch.equal(one.valid, two.valid)
    for a, b in [(one.uncertainty, two.uncertainty), *((one.layers[name], two.layers[name]) for name in two.layers)]:
        torch.testing.assert_close(a, b, rtol=rtol, atol=rtol * float(b.abs().max()))


@pytest.fixture(scope="module")
def depth_model() -> DepthModel:
    torch.manual_seed(0)
    return build_model(ModelSettings(encoder="resnet18", size=[64, 96], uncertainty_head=True)).eval()


class TestByHand:
    """Red 1,2,3 -> features 0,1,2 (left neighbour) and 1,2,3; depth -2,-3,-4; reference 0,-1,-6.

    Difference -2,-2,2 over 3 pixels: loss 4, dL/dd = -4/3,-4/3,4/3; times the head's weights 1 and -2.
    """

    @pytest.mark.parametrize(
        ("channels", "expected"),
        [
            ("max", [8 / 3, 8 / 3, 4 / 3]),
            ("absmax", [8 / 3, 8 / 3, 8 / 3]),
            ("mean", [2 / 3, 2 / 3, -2 / 3]),
            ("sum", [4 / 3, 4 / 3, -4 / 3]),
            ("norm", [4 / 3 * 5**0.5] * 3),
        ],
    )
    def test_flip(self, channels: str, expected: list[float]) -> None:
        estimate = GradientUncertainty(integer_network(), ["features"], channels=channels).estimate(row(1, 2, 3))

        assert estimate.depth.flatten().tolist() == [-2.0, -3.0, -4.0]
        assert estimate.loss.tolist() == [4.0]
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor(expected))
        torch.testing.assert_close(estimate.layers["features"].flatten(), torch.tensor(expected))

    def test_flip_with_mask(self) -> None:
        mask = torch.tensor([True, True, False]).view(1, 1, 1, 3)
        estimate = GradientUncertainty(integer_network(), ["features"]).estimate(row(1, 2, 3), mask=mask)

        assert estimate.loss.tolist() == [4.0]  # (4 + 4) / 2
        assert estimate.uncertainty.flatten().tolist() == [4.0, 4.0, 0.0]  # dL/dd = -2,-2,0
        assert torch.equal(estimate.valid, mask)

    def test_flip_through_relu(self) -> None:
        # Features 0,1,2 and 1,2,3 as above, the first one minus 1 -> relu 0,0,1: depth -2,-4,-5.
        # Mirrored: left neighbours 0,3,2 -> -1,2,1 -> 0,2,1; depth -6,-2,-1; mirrored back -1,-2,-6.
        # Difference -1,-2,1: loss 2, dL/dd = 2/3 (-1,-2,1). First feature: 0 where relu is shut; second: -2 dL/dd.
        model = integer_network(nn.ReLU())
        model.features.bias = nn.Parameter(torch.tensor([-1.0, 0.0]))
        estimate = GradientUncertainty(model, ["features"], channels="sum").estimate(row(1, 2, 3))

        assert estimate.loss.tolist() == [2.0]
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([4 / 3, 8 / 3, 2 / 3 - 4 / 3]))

    def test_gray(self) -> None:
        # Depth 10 red, reference 2.989 red: difference 7.011 red; dL/d feature = 5 * 2 * 7.011 red / 2 pixels.
        model = Chain(convolution([[[[2]], [[0]], [[0]]]]), convolution([[[[5]]]]))
        estimate = GradientUncertainty(model, ["features"], reference="gray").estimate(row(1, 0.5))

        torch.testing.assert_close(estimate.loss, torch.tensor([7.011**2 * 1.25 / 2]))
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([35.055, 17.5275]))

    def test_gray_with_mask(self) -> None:
        model = Chain(convolution([[[[2]], [[0]], [[0]]]]), convolution([[[[5]]]]))
        mask = torch.tensor([False, True]).view(1, 1, 1, 2)
        estimate = GradientUncertainty(model, ["features"], reference="gray").estimate(row(1, 0.5), mask=mask)

        torch.testing.assert_close(estimate.loss, torch.tensor([(7.011 / 2) ** 2]))
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([0.0, 35.055]))

    def test_minmax_and_several_layers(self) -> None:
        # Layer "features" (max): 8/3, 8/3, 4/3 -> 1,1,0. Layer "head": dL/dd = -4/3,-4/3,4/3 -> 0,0,1. Std: 1/2.
        model, image = integer_network(), row(1, 2, 3)
        single = GradientUncertainty(model, ["features"], normalize="minmax").estimate(image)
        both = GradientUncertainty(model, ["features", "head"]).estimate(image)

        assert single.uncertainty.flatten().tolist() == [1.0, 1.0, 0.0]
        torch.testing.assert_close(both.uncertainty.flatten(), torch.full((3,), 0.5))
        torch.testing.assert_close(both.layers["head"].flatten(), torch.tensor([-4 / 3, -4 / 3, 4 / 3]))

    def test_variance_weight(self) -> None:
        # Pixelwise network: flip gives the same depth, loss = w mean exp(2h); d/dh = 2 w exp(2h) / 2 pixels.
        estimate = GradientUncertainty(WithVariance(), ["features"], variance_weight=3.0).estimate(
            row(0, 2 * math.log(2))
        )

        torch.testing.assert_close(estimate.loss, torch.tensor([3 * (1 + 4) / 2]))
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([3.0, 12.0]))

    def test_variance_counts_kept_pixels_only(self) -> None:
        mask = torch.tensor([True, False]).view(1, 1, 1, 2)
        estimator = GradientUncertainty(WithVariance(), ["features"], variance_weight=3.0)
        estimate = estimator.estimate(row(0, 400), mask=mask)  # exp(400) is infinite

        assert estimate.loss.tolist() == [3.0]
        assert estimate.uncertainty.flatten().tolist() == [6.0, 0.0]

    def test_own_parts_are_used(self) -> None:
        def absolute(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
            return (prediction.depth - reference).abs().flatten(1).sum(1)

        class Zero:
            def __call__(self, predict: Any, image: Tensor, inputs: dict[str, Any], *, seed: int) -> Reference:
                assert not torch.is_grad_enabled()
                return Reference(torch.full_like(image[:, :1], float(seed)), image[:, :1] > 1)

        estimator = GradientUncertainty(
            integer_network(),
            ["features", "head"],
            reference=Zero(),
            loss=absolute,
            channels=lambda gradient: gradient[:, :1],
            across_layers=lambda maps: maps[0] + 10 * maps[1],
            seed=-3,
        )
        estimate = estimator.estimate(row(1, 2, 3))

        # Depth -2,-3,-4 against -3: gradient 1,0,-1 in both layers, scaled to 1,0.5,0.
        assert estimate.loss.tolist() == [2.0]
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([11.0, 5.5, 0.0]))
        assert estimate.valid.flatten().tolist() == [False, True, True]

    def test_mask_and_the_references_own_validity_are_joined(self) -> None:
        class Unknown:
            def __call__(self, predict: Any, image: Tensor, inputs: dict[str, Any], *, seed: int) -> Reference:
                depth = torch.tensor([math.nan, 0.0, 0.0]).view(1, 1, 1, 3)
                return Reference(depth, depth.isfinite())

        mask = torch.tensor([True, True, False]).view(1, 1, 1, 3)
        estimate = GradientUncertainty(integer_network(), ["head"], Unknown()).estimate(row(1, 2, 3), mask=mask)

        assert estimate.loss.tolist() == [9.0]
        assert estimate.uncertainty.flatten().tolist() == [0.0, -6.0, 0.0]
        assert estimate.valid.flatten().tolist() == [False, True, False]


class TestAgainstAutograd:
    LAYERS = ("stem.0", "stem.1", "block", "fuse", "head")

    @pytest.mark.parametrize("frozen", [True, False])
    @pytest.mark.parametrize("inplace", [True, False])
    def test_several_layers(self, frozen: bool, inplace: bool) -> None:
        model, plain = Pyramid(inplace).requires_grad_(not frozen), Pyramid(inplace=False)
        image = noise(2, 16, 24)
        expected = added_gradients(plain, self.LAYERS, image, flipped_depth(plain, image))
        estimate = GradientUncertainty(model, self.LAYERS, channels="sum", chunk=2).estimate(image)

        for name in self.LAYERS:
            torch.testing.assert_close(estimate.layers[name], expected[name].sum(1, keepdim=True))

    @pytest.mark.parametrize("frozen", [True, False])
    @pytest.mark.parametrize("names", [("left", "right"), ("right",)])
    def test_parallel_branches(self, frozen: bool, names: tuple[str, ...]) -> None:
        model, image = Branches().requires_grad_(not frozen), noise(1, 6, 7)
        expected = added_gradients(model, names, image, flipped_depth(model, image))
        estimate = GradientUncertainty(model, names, channels="max").estimate(image)

        for name in names:
            torch.testing.assert_close(estimate.layers[name], expected[name].amax(1, keepdim=True))

    @pytest.mark.parametrize("activation", [nn.ELU, nn.ReLU, nn.LeakyReLU])
    def test_in_place_activation_gives_the_gradient_before_it(self, activation: Callable[..., nn.Module]) -> None:
        image = noise(1, 8, 8)

        def network(inplace: bool) -> nn.Module:
            torch.manual_seed(1)
            return Chain(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 1, 1), activation(inplace=inplace))

        expected = GradientUncertainty(network(False), ["features"], channels="sum").estimate(image)
        estimate = GradientUncertainty(network(True), ["features"], channels="sum").estimate(image)
        behind = GradientUncertainty(network(False), ["activation"], channels="sum").estimate(image)

        assert torch.equal(estimate.uncertainty, expected.uncertainty)
        assert not torch.allclose(estimate.uncertainty, behind.uncertainty)

    def test_in_place_residual_after_the_layer(self) -> None:
        class Residual(nn.Module):
            def __init__(self, inplace: bool) -> None:
                super().__init__()
                torch.manual_seed(1)
                self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
                self.inplace = inplace

            def forward(self, image: Tensor) -> DepthPrediction:
                x = self.first(image)
                y = self.second(x)
                if self.inplace:
                    y += x
                    y.mul_(y.sigmoid())
                else:
                    y = y + x
                    y = y * y.sigmoid()
                return DepthPrediction(y.sum(1, keepdim=True))

        image, names = noise(1, 8, 8), ("first", "second")
        plain = Residual(inplace=False)
        expected = added_gradients(plain, names, image, flipped_depth(plain, image))
        estimate = GradientUncertainty(Residual(inplace=True), names, channels="sum").estimate(image)

        for name in names:
            torch.testing.assert_close(estimate.layers[name], expected[name].sum(1, keepdim=True))

    def test_depth_model_with_its_own_layers(self, depth_model: DepthModel) -> None:
        image, names = noise(1, 64, 96), ("decoder.blocks.2.conv", "decoder.blocks.6.conv", "decoder.heads.0")
        expected = added_gradients(depth_model, names, image, flipped_depth(depth_model, image))
        estimate = GradientUncertainty(depth_model, names).estimate(image)

        for name in names:
            peak = float(expected[name].abs().max())
            torch.testing.assert_close(
                estimate.layers[name], expected[name].amax(1, keepdim=True), rtol=1e-4, atol=1e-5 * peak
            )

    @pytest.mark.parametrize("layers", [["stem.1"], ["block", "fuse"], ["head"]])
    @pytest.mark.parametrize("inplace", [True, False])
    def test_depth_is_bit_exact(self, layers: list[str], inplace: bool) -> None:
        model, image = Pyramid(inplace), noise(3, 13, 22)

        assert torch.equal(GradientUncertainty(model, layers, chunk=3).estimate(image).depth, model(image).depth)


class TestDegenerate:
    def test_flip_symmetric_network_gives_zeros(self) -> None:
        class Symmetric(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.inner = Pyramid()

            def forward(self, image: Tensor) -> DepthPrediction:
                return DepthPrediction((self.inner(image).depth + self.inner(image.flip(-1)).depth.flip(-1)) / 2)

        class Wrapped(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.symmetric, self.gain = Symmetric(), nn.Conv2d(1, 1, 1)

            def forward(self, image: Tensor) -> DepthPrediction:
                return DepthPrediction(self.gain(self.symmetric(image).depth))

        estimator = GradientUncertainty(Wrapped(), ["gain"], normalize="minmax")
        estimate = estimator.estimate(noise(2, 8, 8))

        assert torch.equal(estimate.uncertainty, torch.zeros(2, 1, 8, 8))
        assert estimate.loss.tolist() == [0.0, 0.0]
        assert estimate.valid.all()

    def test_constant_gradient_becomes_zeros_with_minmax_and_stays_without(self) -> None:
        def total(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
            return prediction.depth.flatten(1).sum(1)

        raw = GradientUncertainty(integer_network(), ["head"], loss=total).estimate(row(1, 2, 3))
        scaled = GradientUncertainty(integer_network(), ["head"], loss=total, normalize="minmax").estimate(row(1, 2, 3))

        assert raw.uncertainty.flatten().tolist() == [1.0, 1.0, 1.0]
        assert scaled.uncertainty.flatten().tolist() == [0.0, 0.0, 0.0]

    @pytest.mark.parametrize("layers", [["block"], ["block", "fuse"]])
    def test_image_without_any_kept_pixel(self, layers: list[str]) -> None:
        mask = torch.ones(2, 1, 8, 8, dtype=torch.bool)
        mask[1] = False
        estimate = GradientUncertainty(Pyramid(), layers, variance_weight=0.0, chunk=2).estimate(
            noise(2, 8, 8), mask=mask
        )

        assert estimate.loss[0] > 0
        assert estimate.loss[1] == 0
        assert torch.equal(estimate.valid, mask)
        assert estimate.uncertainty.isfinite().all()
        assert not estimate.layers["block"][1].any()

    @pytest.mark.parametrize("wild", [math.nan, math.inf])
    def test_wild_depth_outside_the_mask_does_not_matter(self, wild: float) -> None:
        class Sky(nn.Module):
            def __init__(self, sky: float) -> None:
                super().__init__()
                self.inner, self.head, self.sky = integer_network(), convolution([[[[1]]]]), sky

            def forward(self, image: Tensor) -> DepthPrediction:
                offset = torch.where(image[:, 1:2] > 0, self.sky, 0.0)
                return DepthPrediction(self.head(self.inner(image).depth) + offset)

        image = row(1, 2, 3, 4)
        image[0, 1, 0, 1:3] = 1.0  # mirror-symmetric, so that the reference is wild at the same pixels
        mask = image[:, 1:2] == 0
        layers = ["head", "inner.features"]
        expected = GradientUncertainty(Sky(0.0), layers).estimate(image, mask=mask)
        estimate = GradientUncertainty(Sky(wild), layers).estimate(image, mask=mask)

        assert expected.loss.item() > 0
        assert torch.equal(estimate.uncertainty, expected.uncertainty)
        assert torch.equal(estimate.loss, expected.loss)
        assert torch.equal(estimate.valid, mask)

    @pytest.mark.parametrize("normalize", ["none", "minmax"])
    def test_scores_that_are_not_finite_are_not_valid(self, normalize: str) -> None:
        # Red -1 makes the square root, and with it the gradient, NaN at this pixel only.
        class Root(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x[:, :1].sqrt() + x[:, 1:]

        model = Chain(integer_network().features, Root())
        image = torch.cat([row(1, 2, -1, 4, 3, 7), row(1, 2, 3, 4, 3, 7)])
        mask = torch.tensor([True, True, True, False, True, True]).view(1, 1, 1, 6).expand(2, 1, 1, 6)

        def total(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
            return prediction.depth.flatten(1).sum(1)

        estimator = GradientUncertainty(model, ["features"], loss=total, channels="sum", normalize=normalize)
        estimate = estimator.estimate(image)
        # The first feature is the LEFT neighbour: 0 in column 0 (infinite slope), -1 in column 3 (NaN).
        expected = [False, True, True, False, True, True]

        assert estimate.valid[0].flatten().tolist() == expected
        assert estimate.valid[1].flatten().tolist() == [False, True, True, True, True, True]
        assert torch.equal(estimate.valid, estimate.uncertainty.isfinite())
        assert torch.equal(estimator.estimate(image, mask=mask).valid, estimate.valid & mask)


class TestBatch:
    @pytest.mark.parametrize("chunk", [1, 2, 8])
    @pytest.mark.parametrize("layers", [["block"], ["stem.0", "fuse", "head"]])
    @pytest.mark.parametrize("variance", [False, True])
    def test_results_do_not_depend_on_neighbours_or_chunk(
        self, depth_model: DepthModel, layers: list[str], chunk: int, variance: bool
    ) -> None:
        image = noise(5, 13, 22)
        image[3] *= 0.01  # a neighbour of another range
        mask = noise(5, 13, 22, seed=1)[:, :1] > 0.3
        model: nn.Module = Pyramid()
        if variance:
            model, layers = depth_model, ["decoder.blocks.6.conv", "decoder.blocks.8.conv"][: len(layers)]
        weight = 2.0 if variance else 0.0
        single = GradientUncertainty(model, layers, variance_weight=weight)
        alone = [single.estimate(image[i : i + 1], mask=mask[i : i + 1]) for i in range(5)]
        together = GradientUncertainty(model, layers, variance_weight=weight, chunk=chunk).estimate(image, mask=mask)

        assert together.loss.shape == (5,)
        for i, one in enumerate(alone):
            part = UncertaintyEstimate(
                *(value[i : i + 1] for value in together[:3]),
                layers={name: value[i : i + 1] for name, value in together.layers.items()},
                loss=together.loss[i : i + 1],
            )
            assert_same(part, one)

    def test_chunk_is_the_number_of_images_per_forward(self) -> None:
        model, sizes = Pyramid(), list[int]()
        model.register_forward_pre_hook(lambda _module, args: sizes.append(len(args[0])))
        GradientUncertainty(model, ["block"], chunk=2).estimate(noise(5, 8, 8))

        assert sizes == [2, 2, 2, 2, 1, 1]  # reference and prediction of each chunk

    @pytest.mark.parametrize("chunk", [1, 2, 3])
    def test_intrinsics_are_cut_and_mirrored(self, chunk: int) -> None:
        # Width 5: cx and 4 - cx; the depths differ by 2 cx - 4 at every pixel.
        intrinsics = torch.eye(3).repeat(3, 1, 1)
        intrinsics[:, 0, 2] = torch.tensor([2.0, 3.0, 0.0])
        estimator = GradientUncertainty(WithCamera(), ["features"], chunk=chunk)
        estimate = estimator.estimate(noise(3, 1, 5), intrinsics=intrinsics, factor=2.0)

        torch.testing.assert_close(estimate.loss, torch.tensor([0.0, 4.0, 16.0]), rtol=1e-5, atol=1e-9)
        expected = torch.tensor([0.0, 2.0, -4.0]) * 2 * 2 / 5  # 2 difference / 5 pixels * factor
        torch.testing.assert_close(estimate.uncertainty, expected.view(3, 1, 1, 1).expand(3, 1, 1, 5))
        assert intrinsics[:, 0, 2].tolist() == [2.0, 3.0, 0.0]


class TestPadding:
    SIZE = (50, 77)

    def by_hand(self, model: DepthModel, image: Tensor, name: str) -> tuple[Tensor, Tensor, Tensor]:
        """Depth, loss and the whole padded layer's gradient, with the padding made outside of the model."""

        def predict(x: Tensor) -> Tensor:
            return model(F.pad(x, (0, 96 - 77, 0, 64 - 50), mode="replicate")).depth[..., :50, :77]

        with torch.no_grad():
            reference = predict(image.flip(-1)).flip(-1)
        added = torch.zeros(0)

        def add(_module: nn.Module, _args: Any, output: Tensor) -> Tensor:
            nonlocal added
            added = torch.zeros_like(output, requires_grad=True)
            return output + added

        handle = model.get_submodule(name).register_forward_hook(add)
        depth = predict(image)
        handle.remove()
        loss = (depth - reference).square().flatten(1).mean(1)
        return depth.detach(), loss.detach(), torch.autograd.grad(loss.sum(), added)[0]

    @pytest.mark.parametrize(("block", "stride"), [(9, 1), (7, 2), (6, 4), (2, 16), (0, 32)])
    def test_padding_enters_neither_loss_nor_map(self, depth_model: DepthModel, block: int, stride: int) -> None:
        image, name = noise(1, *self.SIZE), f"decoder.blocks.{block}.conv"
        depth, loss, gradient = self.by_hand(depth_model, image, name)
        estimate = GradientUncertainty(depth_model, [name]).estimate(image)
        reduced = gradient.amax(1, keepdim=True)
        rows, columns = (-(-length // stride) for length in self.SIZE)
        tolerance = {"rtol": 1e-4, "atol": 1e-5 * float(gradient.abs().max())}

        torch.testing.assert_close(estimate.depth, depth)
        torch.testing.assert_close(estimate.loss, loss)
        torch.testing.assert_close(estimate.layers[name], reduced[..., :rows, :columns], **tolerance)
        assert estimate.uncertainty.shape == estimate.valid.shape == (1, 1, *self.SIZE)
        inner = F.interpolate(reduced, (64, 96), mode="bilinear", align_corners=False)
        height, width = rows * stride - stride // 2, columns * stride - stride // 2
        height, width = min(height, 50), min(width, 77)
        torch.testing.assert_close(estimate.uncertainty[..., :height, :width], inner[..., :height, :width], **tolerance)

    def test_minmax_ignores_cells_of_padding(self, depth_model: DepthModel) -> None:
        name = "decoder.blocks.6.conv"
        estimate = GradientUncertainty(depth_model, [name], normalize="minmax").estimate(noise(1, *self.SIZE))
        raw = estimate.layers[name]
        scaled = (raw - raw.min()) / (raw.max() - raw.min())
        expected = F.interpolate(scaled, (52, 80), mode="bilinear", align_corners=False)[..., :50, :77]

        torch.testing.assert_close(estimate.uncertainty, expected)

    def test_the_image_reaches_the_network_in_its_own_size(self, depth_model: DepthModel) -> None:
        sizes = set[tuple[int, ...]]()
        handle = depth_model.register_forward_pre_hook(lambda _module, args: sizes.add(tuple(args[0].shape)))
        GradientUncertainty(depth_model).estimate(noise(1, *self.SIZE))
        handle.remove()

        assert sizes == {(1, 3, 50, 77)}

    def test_mask_at_image_size(self, depth_model: DepthModel) -> None:
        image = noise(1, *self.SIZE)
        mask = noise(1, *self.SIZE, seed=2)[:, :1] > 0.5
        estimate = GradientUncertainty(depth_model).estimate(image, mask=mask)
        with torch.no_grad():
            difference = depth_model(image).depth - flipped_depth(depth_model, image)

        torch.testing.assert_close(estimate.loss, difference[mask].square().mean().view(1))
        assert torch.equal(estimate.valid, mask)


class TestErrors:
    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"layers": ["blocks"]}, "the model has no layer 'blocks'; nearest: block, "),
            ({"reference": "flpi"}, r"unknown reference 'flpi'; did you mean 'flip'\? \(choices: .*gray"),
            ({"loss": "square"}, r"unknown loss 'square'; did you mean 'squared'\?"),
            ({"channels": "nrom"}, r"unknown channels 'nrom'; did you mean 'norm'\?"),
            ({"across_layers": "sdt"}, r"unknown across_layers 'sdt'; did you mean 'std'\?"),
            ({"normalize": "min-max"}, r"unknown normalize 'min-max'; did you mean 'minmax'\?"),
            (
                {"layers": ["block", "fuse"], "normalize": "none"},
                "normalize='none' needs a single layer; gradients of several layers have no common unit",
            ),
            ({"chunk": 0}, "chunk=0 must be at least 1 image"),
        ],
    )
    def test_at_construction(self, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            GradientUncertainty(Pyramid(), **({"layers": ["block"]} | keywords))

    @pytest.mark.parametrize(
        ("layer", "message"),
        [
            ("decoder.heads.1", r"layer 'decoder.heads.1' was never reached by the forward pass"),
            ("decoder.uncertainty_heads.0", "layer 'decoder.uncertainty_heads.0' does not influence the depth"),
            ("encoder", "layer 'encoder' returns a list, not a tensor; choose one inside it"),
            ("decoder", "layer 'decoder' returns a Logits, not a tensor; choose one inside it"),
        ],
    )
    def test_layers_without_a_gradient(self, depth_model: DepthModel, layer: str, message: str) -> None:
        before = fingerprint(depth_model)
        for layers in ([layer], ["decoder.blocks.6.conv", layer]):
            with pytest.raises(InputError, match=message):
                GradientUncertainty(depth_model, layers).estimate(noise(1, 64, 96))

        assert fingerprint(depth_model) == before

    def test_the_uncertainty_head_has_a_gradient_once_its_variance_counts(self, depth_model: DepthModel) -> None:
        layer = "decoder.uncertainty_heads.0"
        estimate = GradientUncertainty(depth_model, [layer], variance_weight=2.0).estimate(noise(1, 64, 96))
        log_scale = depth_model(noise(1, 64, 96)).log_scale.detach()

        torch.testing.assert_close(estimate.uncertainty, 2 * 2 * (2 * log_scale).exp() / (64 * 96))

    def test_a_layer_that_runs_twice(self) -> None:
        with pytest.raises(InputError, match="layer 'activation' runs twice in one forward pass"):
            GradientUncertainty(Pyramid(), ["activation"]).estimate(noise(1, 8, 8))

    def test_a_layer_that_gives_no_map(self) -> None:
        model = Chain(nn.Flatten(2), nn.Unflatten(2, (4, 5)))
        channel = Chain(model.features, nn.Sequential(model.head, convolution([[[[1]], [[1]], [[1]]]])))

        with pytest.raises(InputError, match=r"tensor of shape \(1, 3, 20\); \(B,C,h,w\) maps are needed"):
            GradientUncertainty(channel, ["features"], "gray").estimate(noise(1, 4, 5))

    def test_variance_without_a_head(self) -> None:
        with pytest.raises(InputError, match="needs a network with an uncertainty head; set variance_weight=0"):
            GradientUncertainty(Pyramid(), ["block"], variance_weight=2.0).estimate(noise(1, 8, 8))

    def test_weights_of_inference_mode(self) -> None:
        with torch.inference_mode():
            model = Pyramid()
        estimator = GradientUncertainty(model, ["block"])

        with pytest.raises(InputError, match=r"'stem.0.weight' was created under torch.inference_mode"):
            estimator.estimate(noise(1, 8, 8))

    def test_bad_image_and_mask(self) -> None:
        estimator = GradientUncertainty(Pyramid(), ["block"])

        with pytest.raises(InputError, match=r"image must be \(B,3,H,W\) float in \[0,1\], but is \(3, 8, 8\)"):
            estimator.estimate(noise(1, 8, 8)[0])
        with pytest.raises(InputError, match=r"image must be .* torch.uint8; divide 8-bit images by 255"):
            estimator.estimate(noise(1, 8, 8).byte())
        with pytest.raises(InputError, match=r"mask must be \(1, 1, 8, 8\) bool"):
            estimator.estimate(noise(1, 8, 8), mask=torch.ones(1, 1, 8, 8))

    def test_a_network_that_returns_no_prediction(self) -> None:
        class Bare(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.head = nn.Conv2d(3, 1, 1)

            def forward(self, image: Tensor) -> DepthPrediction:
                return DepthPrediction(self.head(image)[..., ::2, ::2])

        with pytest.raises(InputError, match=r"must return a DepthPrediction with depth \(1, 1, 8, 8\), but gave"):
            GradientUncertainty(Bare(), ["head"], reference="gray").estimate(noise(1, 8, 8))


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


class TestThreads:
    ROUNDS = 25

    @pytest.mark.parametrize("training", [False, True])
    def test_estimators_and_plain_forwards_of_other_threads(self, training: bool) -> None:
        model = Pyramid(inplace=True)
        images = [noise(2, 16, 24, seed) for seed in range(4)]
        estimators = [GradientUncertainty(model, ["block"]), GradientUncertainty(model, ["stem.0", "fuse"], "gray")]
        jobs: list[tuple[Callable[[Tensor], Any], Tensor]] = [
            (estimators[0].estimate, images[0]),
            (estimators[0].estimate, images[1]),
            (estimators[1].estimate, images[2]),
        ]
        if not training:  # a plain forward of another thread must not meet a model whose mode changes
            jobs.append((lambda image: model(image).depth.detach(), images[3]))
        expected = [job(image) for job, image in jobs]
        model.train(training)
        before = fingerprint(model)
        results: list[list[Any]] = [[] for _ in jobs]
        barrier = threading.Barrier(len(jobs))

        def work(number: int) -> None:
            job, image = jobs[number]
            barrier.wait()
            results[number].extend(job(image) for _ in range(self.ROUNDS))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [len(found) for found in results] == [self.ROUNDS] * len(jobs)
        for found, serial in zip(results, expected, strict=True):
            for one in found:
                if isinstance(serial, UncertaintyEstimate):
                    assert_same(one, serial)
                else:
                    torch.testing.assert_close(one, serial)
        assert fingerprint(model) == before
