"""output=coarse: closed forms, against the full graph of ordinary autograd, and networks without coarse heads."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models import EncoderDecoder, ModelSettings, Monodepth2Settings, build_model
from gradunc.models.families.family import settings_class
from gradunc.types import CoarseDecoding, DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import Pyramid, convolution, noise
from tests.uncertainty.split_networks import Split

LCNET = Monodepth2Settings(encoder="lcnet_050", size=[64, 96], decoder_channels=[8] * 5)
RT = settings_class("rt_monodepth_s")(size=[64, 96])
BLOCKS: dict[str, list[str]] = {
    "lcnet": [f"decoder.blocks.{i}.conv" for i in range(6)],
    "rt": [f"decoder.blocks.{i}.conv" for i in range(4)],
}
"""In front of the head at 1/4 of the resolution."""


def network(settings: ModelSettings) -> EncoderDecoder:
    torch.manual_seed(0)
    model = build_model(settings).eval()
    # Heads of fresh weights say nearly the same everywhere.
    for name, parameter in model.decoder.named_parameters():
        if "heads" in name and "weight" in name:
            parameter.data *= 5
    return model.requires_grad_(False)


NETWORKS = {"lcnet": LCNET, "rt": RT}


class Cells(nn.Module):
    """Features: the means of red over 4x4 cells = the coarse depth. Depth = that of the cell times green."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.fine = convolution([[[[1.0]]]]), convolution([[[[1.0]]]])
        self.decoded = self.finished = 0

    def encode(self, image: Tensor) -> Tensor:
        return image

    def decode_coarse(self, features: Tensor, size: tuple[int, int]) -> CoarseDecoding:
        self.decoded += 1
        depth = self.features(F.avg_pool2d(features[:, :1], 4))

        def finish() -> DepthPrediction:
            self.finished += 1
            return DepthPrediction(self.fine(F.interpolate(depth, scale_factor=4.0)) * features[:, 1:2])

        return CoarseDecoding(DepthPrediction(depth), finish)

    def decode(self, features: Tensor, size: tuple[int, int]) -> DepthPrediction:
        return self.decode_coarse(features, size).finish()

    def forward(self, image: Tensor) -> DepthPrediction:
        return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]))


def cells(depth: list[float], factor: list[float]) -> Tensor:
    """An image of one row of cells: red and green are constant in each."""
    values = torch.tensor([depth, factor, [0.0] * len(depth)]).view(1, 3, 1, -1)
    return F.interpolate(values, scale_factor=4.0)


DEPTH, FACTOR = [2.0, 4.0, 8.0], [1.0, torch.e, torch.e]


def of_cells(compared_with: Any, **inputs: Any) -> tuple[Any, list[float]]:
    """The estimate, and the gradient of the mean of w log d: w / (P d)."""
    estimator = GradientUncertainty(Cells(), "features", compared_with, "sensitivity", output="coarse", channels="sum")
    estimate = estimator.estimate(cells(DEPTH, FACTOR), **inputs)
    return estimate, estimate.layers["features"].flatten().tolist()


class TestClosedForms:
    def test_without_reference(self) -> None:
        estimate, gradient = of_cells("none")

        assert gradient == pytest.approx([1 / (3 * d) for d in DEPTH])
        torch.testing.assert_close(estimate.depth, Cells()(cells(DEPTH, FACTOR)).depth)
        assert estimate.uncertainty.shape == (1, 1, 4, 12)
        assert estimate.valid.all()

    def test_scale_disagreement(self) -> None:
        # x = log d_coarse - log d = 0, -1, -1; median -1; e = 1, 0, 0; mean 1/3; w = 4, 1, 1.
        estimate, gradient = of_cells("scale")

        assert gradient == pytest.approx([4 / 6, 1 / 12, 1 / 24], rel=1e-5)
        loss = (4 * torch.tensor(2.0).log() + torch.tensor(32.0).log()) / 3
        torch.testing.assert_close(estimate.loss, loss.view(1))

    def test_two_references_average_the_weights(self) -> None:
        # Mirrored features: 8, 4, 2 mirrored back = no disagreement, w = 1, 1, 1. Together 5/2, 1, 1.
        _, gradient = of_cells(["feature_flip", "scale"])

        assert gradient == pytest.approx([2.5 / 6, 1 / 12, 1 / 24], rel=1e-5)

    def test_given_depth_is_averaged_over_the_pixels_that_know_it(self) -> None:
        # Twice the coarse depth at two pixels of the first cell (geometric mean 4), once at one of the second.
        given = torch.zeros(1, 1, 4, 12)
        given[..., 0, 0], given[..., 1, 1], given[..., 3, 7] = 2.0, 8.0, 4.0
        estimate, gradient = of_cells({"given": {"scale": "none"}}, reference=given)

        # e = log 2, 0 over two cells: w = 3, 1.
        assert gradient == pytest.approx([3 / (2 * 2), 1 / (2 * 4), 0], rel=1e-5)
        assert torch.equal(estimate.valid, given > 0)

    def test_a_mask_of_pixels(self) -> None:
        mask = torch.ones(1, 1, 4, 12, dtype=torch.bool)
        mask[..., 8:], mask[..., 0, 0] = False, False
        estimate, gradient = of_cells("scale", mask=mask)

        # x = 0, -1; the lower of two medians -1; e = 1, 0; w = 3, 1.
        assert gradient == pytest.approx([3 / 4, 1 / 8, 0], rel=1e-5)
        assert torch.equal(estimate.valid, mask)

    def test_the_network_runs_once_and_mirrored_features_stop_at_the_head(self) -> None:
        model = Cells()
        GradientUncertainty.fast(model, layers="features").estimate(cells(DEPTH, FACTOR))

        assert (model.decoded, model.finished) == (2, 1)


def full_graph(
    model: EncoderDecoder, image: Tensor, layers: list[str], references: list[str], *, absolute: bool = False
) -> Tensor:
    """The score of one image by ordinary autograd through the whole network, all its heads asked for."""
    with torch.no_grad():
        features = model.encode(image)
        mirrored = [None if one is None else one.flip(3) for one in features]
        size = (image.shape[-2], image.shape[-1])
        flipped = model.to_depth(model.decode(mirrored, size, scales=3).scales[2]).flip(3)
        seen = model.to_depth(model(image.flip(3), scales=3).scales[2]).flip(3)
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: object, _arguments: object, output: Tensor) -> Tensor:
            outputs[name] = output.requires_grad_()
            return output

        return hook

    handles = [model.get_submodule(name).register_forward_hook(keep(name)) for name in layers]
    prediction = model(image, scales=3)
    for handle in handles:
        handle.remove()
    coarse = model.to_depth(prediction.scales[2])
    pooled = F.avg_pool2d(prediction.depth.log(), 4).exp()
    ratio = (coarse / pooled).detach().median()
    others = {"feature_flip": flipped, "flip": seen, "scale": pooled * ratio}
    value = (lambda d: d) if absolute else torch.log
    errors = {name: (value(coarse) - value(one)).abs().detach() for name, one in others.items()}
    weight = 1 + sum(errors[one] / errors[one].mean() for one in references) / max(len(references), 1)
    gradients = torch.autograd.grad((weight * value(coarse)).mean(), [outputs[name] for name in layers])
    lengths = [one.square().sum(1, keepdim=True).sqrt() for one in gradients]
    maps = [F.interpolate(one / one.mean(), size, mode="bilinear") for one in lengths]
    product = torch.stack(maps).prod(0) ** (1 / len(maps))
    return product if absolute else product * prediction.depth.detach() ** 0.25


@pytest.mark.parametrize("references", [["feature_flip", "scale"], ["feature_flip"], ["scale"], ["flip"], []], ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_fast_is_the_full_graph(name: str, references: list[str]) -> None:
    model, image = network(NETWORKS[name]), noise(2, 64, 96)
    estimator = GradientUncertainty.fast(model, reference=references or "none")
    found = estimator.estimate(image)

    assert list(estimator.layers) == BLOCKS[name]
    torch.testing.assert_close(found.depth, model(image).depth, rtol=1e-5, atol=0)
    for i in range(2):
        expected = full_graph(model, image[i : i + 1], BLOCKS[name], references)
        tolerance = 2e-4 * float(expected.max())
        torch.testing.assert_close(found.uncertainty[i : i + 1], expected, rtol=1e-3, atol=tolerance)


@pytest.mark.parametrize("absolute", [False, True], ids=["recommended", "absolute"])
@pytest.mark.parametrize("name", NETWORKS)
def test_recommended_and_absolute_are_the_full_graph(name: str, *, absolute: bool) -> None:
    model, image = network(NETWORKS[name]), noise(1, 64, 96)
    make = GradientUncertainty.absolute if absolute else GradientUncertainty.recommended
    found = make(model).estimate(image)
    expected = full_graph(model, image, BLOCKS[name], ["flip", "scale"], absolute=absolute)

    torch.testing.assert_close(found.uncertainty, expected, rtol=1e-3, atol=2e-4 * float(expected.max()))


def test_variance_of_the_coarse_head() -> None:
    model = network(
        Monodepth2Settings(
            encoder="lcnet_050", size=[64, 96], decoder_channels=[8] * 5, uncertainty_head="laplace", initial_depth=10.0
        )
    )
    image, layer = noise(1, 64, 96), "decoder.blocks.5.conv"
    estimator = GradientUncertainty(model, layer, "none", output="coarse", channels="sum", variance_weight=2.0)
    found = estimator.estimate(image)
    outputs: list[Tensor] = []
    handle = model.get_submodule(layer).register_forward_hook(lambda _m, _a, out: outputs.append(out.requires_grad_()))
    told = model(image, scales=3).uncertainty_scales[2]
    handle.remove()
    loss = 2 * (2 * told).exp().mean()
    (gradient,) = torch.autograd.grad(loss, outputs)

    torch.testing.assert_close(found.loss, loss.detach().view(1))
    torch.testing.assert_close(found.layers[layer], gradient.sum(1, keepdim=True), rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_costs_less_than_one_and_a_half_passes_and_no_more_with_scale(name: str) -> None:
    settings = Monodepth2Settings(encoder="resnet18", size=[64, 96]) if name == "lcnet" else RT
    model, image = build_model(settings), noise(1, 64, 96)
    fast = GradientUncertainty.fast(model)

    assert fast.cost(image) < 1.5
    assert fast.cost(image) == GradientUncertainty.fast(model, reference="feature_flip").cost(image)
    assert fast.notes[-1] == "output=coarse: the network's head at 1/4 of the resolution"


class TestWithoutCoarseHead:
    @pytest.mark.parametrize("size", [(8, 12), (9, 13)])
    def test_the_prediction_is_averaged(self, size: tuple[int, int]) -> None:
        model, image = Split().requires_grad_(False), noise(1, *size)
        estimator = GradientUncertainty(
            model, "block", ["feature_flip", "scale"], "sensitivity", "sum", output="coarse"
        )
        found = estimator.estimate(image)

        def pooled(depth: Tensor) -> Tensor:
            rows, columns = (list(range(0, side, 4)) for side in size)
            parts = [[depth[..., r : r + 4, c : c + 4].log().mean() for c in columns] for r in rows]
            return torch.stack([torch.stack(one) for one in parts])

        fine, _, deep = model.encode(image)
        assert fine is not None
        assert deep is not None
        flipped = model.decode([fine.flip(3), None, deep.flip(3)], size).depth.flip(3)
        outputs: list[Tensor] = []
        handle = model.block.register_forward_hook(lambda _m, _a, out: outputs.append(out.requires_grad_()))
        log_depth = pooled(model(image).depth)
        handle.remove()
        error = (log_depth.detach() - pooled(flipped)).abs()
        (gradient,) = torch.autograd.grad(((1 + error / error.mean()) * log_depth).mean(), outputs)

        torch.testing.assert_close(found.layers["block"], gradient.sum(1, keepdim=True), rtol=1e-3, atol=1e-6)
        assert estimator.notes[-1] == (
            "output=coarse: Split has no coarse head, its depth is averaged over 4x4 pixels; reference=scale is left "
            "out, for it has nothing to compare"
        )

    def test_neither_encoder_nor_decoder(self) -> None:
        model, image = Pyramid(), noise(2, 16, 24)
        found = GradientUncertainty.fast(model, reference=["flip", "scale"], chunk=2).estimate(image)

        assert found.valid.all()
        with pytest.raises(InputError, match="Pyramid has no encode and decode"):
            GradientUncertainty.fast(model).estimate(image)


class TestRefusals:
    def test_a_layer_behind_the_coarse_head(self) -> None:
        message = "layer 'decoder.blocks.6.conv' does not run in front of the coarse head"
        with pytest.raises(InputError, match=message):
            GradientUncertainty(network(LCNET), "decoder.blocks.6.conv", output="coarse").estimate(noise(1, 64, 96))

    def test_scale_without_coarse_output(self) -> None:
        with pytest.raises(InputError, match="reference 'scale' compares the coarse output with the full one"):
            GradientUncertainty(network(LCNET), reference="scale")

    def test_an_unknown_output(self) -> None:
        with pytest.raises(InputError, match="unknown output 'corse'; did you mean 'coarse'"):
            GradientUncertainty(network(LCNET), output="corse")


def test_the_description_says_what_was_compared() -> None:
    assert GradientUncertainty.fast(network(LCNET)).description()["output"] == "coarse head"
    assert GradientUncertainty.fast(Split(), layers="block").description()["output"] == "pooled"
    assert "output" not in GradientUncertainty(network(LCNET)).description()
