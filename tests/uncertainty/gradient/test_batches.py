"""The gradient engine: independence of the batch, and images that a network has to pad."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models import DepthModel
from gradunc.types import UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import (
    Pyramid,
    WithCamera,
    assert_same,
    flipped_depth,
    noise,
)


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
        sizes, estimator = set[tuple[int, ...]](), GradientUncertainty(depth_model)
        handle = depth_model.register_forward_pre_hook(lambda _module, args: sizes.add(tuple(args[0].shape)))
        estimator.estimate(noise(1, *self.SIZE))
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
