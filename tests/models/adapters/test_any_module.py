"""Any module as a depth model: what it sees, what becomes of its answer, layers, encode and decode, Lightning."""

from typing import Any

import lightning as L
import pytest
import torch
import torch.nn.functional as F
import torchvision.models.segmentation as segmentation
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gradunc import (
    DepthPrediction,
    GradientUncertainty,
    InputError,
    Monodepth2Settings,
    OutputSpace,
    RTMonoDepthSSettings,
    adapt,
    build_model,
)
from gradunc.callbacks import EvaluationCallback, UncertaintyCallback
from gradunc.metrics import EvaluationProtocol
from gradunc.uncertainty import list_layers
from tests.uncertainty.networks import Pyramid, added_gradients, assert_same, fingerprint, flipped_depth, noise

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.5)
NORMAL: dict[str, Any] = {"mean": MEAN, "std": STD}
DEPTH, DISPARITY = OutputSpace("depth", "metric"), OutputSpace("disparity", "affine")
IMAGE = noise(2, 10, 13)


class Coarse(nn.Module):
    """Two convolutions to a quarter of the resolution; returns a dict of a map without channel axis."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.features, self.head = nn.Conv2d(3, 5, 3, 2, 1), nn.Conv2d(5, 1, 3, 2, 1)
        self.seen: Tensor | None = None

    def forward(self, image: Tensor, factor: float = 1.0) -> dict[str, Tensor]:
        self.seen = image
        return {"out": factor * self.head(self.features(image).tanh())[:, 0]}


def normalised(image: Tensor, bottom: int, right: int) -> Tensor:
    padded = torch.cat([image, image[..., -1:].expand(*image.shape[:-1], right)], -1)
    padded = torch.cat([padded, padded[..., -1:, :].expand(*padded.shape[:-2], bottom, padded.shape[-1])], -2)
    return (padded - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def test_the_module_sees_a_normalised_image_padded_to_the_multiple() -> None:
    net = Coarse()
    adapt(net, lambda raw: raw["out"], DISPARITY, multiple=8, **NORMAL)(IMAGE)
    torch.testing.assert_close(net.seen, normalised(IMAGE, 6, 3))


def test_disparity_is_resized_as_it_is_and_depth_through_its_disparity() -> None:
    net = Coarse()
    with torch.no_grad():
        raw = net(normalised(IMAGE, 2, 3))["out"].exp()[:, None]
        disparity = adapt(net, lambda raw: raw["out"].exp(), DISPARITY, multiple=4, **NORMAL)(IMAGE).depth
        depth = adapt(net, lambda raw: raw["out"].exp(), DEPTH, multiple=4, **NORMAL)(IMAGE).depth
        shifted = adapt(net, lambda raw: raw["out"].exp(), OutputSpace("depth", "affine"), multiple=4, **NORMAL)
    # By hand along the last axis: from w/4 cells to w pixels, half-pixel centres.
    position = ((torch.arange(16) + 0.5) / 4 - 0.5).clamp(0, 3)
    low = position.floor().long().clamp_max(2)
    share = position - low
    first = raw[..., :1, :]
    expected = (first[..., low] * (1 - share) + first[..., low + 1] * share)[..., :13]
    torch.testing.assert_close(disparity[..., :1, :], expected)
    inverse = 1 / (1 / first[..., low] * (1 - share) + 1 / first[..., low + 1] * share)[..., :13]
    torch.testing.assert_close(depth[..., :1, :], inverse)
    torch.testing.assert_close(shifted(IMAGE).depth, disparity)


def test_a_larger_prediction_and_a_resizing_of_ones_own() -> None:
    def double(image: Tensor) -> Tensor:
        return F.interpolate(image[:, :1], scale_factor=2.0)

    class Fine(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return double(image)

    model = adapt(Fine(), lambda raw: raw, DEPTH, mean=(0,) * 3, std=(1,) * 3, resize=F.adaptive_avg_pool2d)
    torch.testing.assert_close(model(IMAGE).depth, IMAGE[:, :1])
    assert torch.equal(model.resize_depth(IMAGE[:, :1], (5, 1)), F.adaptive_avg_pool2d(IMAGE[:, :1], (5, 1)))


def test_depth_that_is_not_positive_resizes_to_finite_values_and_gradients() -> None:
    model = adapt(Coarse(), lambda raw: raw["out"], DEPTH, **NORMAL)
    depth = torch.tensor([[0.0, 2.0, -1.0, 1e-30, 1e-13, 5.0]]).view(1, 1, 1, 6).requires_grad_()
    resized = model.resize_depth(depth, (2, 12))
    assert resized.isfinite().all()
    assert resized[0, 0, 0, -1] == 5
    (gradient,) = torch.autograd.grad(resized.sum(), depth)
    assert gradient.isfinite().all()
    assert gradient[0, 0, 0, 0] == gradient[0, 0, 0, 2] == 0


def test_further_inputs_and_a_forward_of_ones_own() -> None:
    net = Coarse()
    plain = adapt(net, lambda raw: raw["out"], DISPARITY, **NORMAL)

    def ask(module: nn.Module, image: Tensor, factor: float = 1.0) -> Tensor:
        return module(image, factor)["out"]

    own = adapt(net, lambda raw: raw, DISPARITY, forward=ask, **NORMAL)
    with torch.no_grad():
        torch.testing.assert_close(plain(IMAGE, factor=3.0).depth, 3 * plain(IMAGE).depth)
        torch.testing.assert_close(own(IMAGE, factor=3.0).depth, plain(IMAGE, factor=3.0).depth)
    assert_same(
        GradientUncertainty(own, "features").estimate(IMAGE, factor=2.0),
        GradientUncertainty(plain, "features").estimate(IMAGE, factor=2.0),
    )


def test_predictions_keep_their_uncertainty_head() -> None:
    def answer(raw: dict[str, Tensor]) -> DepthPrediction:
        return DepthPrediction(raw["out"], log_scale=raw["out"][:, None] / 2)

    prediction = adapt(Coarse(), answer, DISPARITY, multiple=4, **NORMAL)(IMAGE)
    assert prediction.log_scale is not None
    torch.testing.assert_close(prediction.log_scale, prediction.depth / 2)


def test_layers_are_called_as_in_the_module_and_give_the_gradients_of_autograd() -> None:
    model = adapt(Pyramid(inplace=True), lambda raw: raw, DEPTH, multiple=4, **NORMAL)
    plain = adapt(Pyramid(), lambda raw: raw, DEPTH, multiple=4, **NORMAL).eval()
    expected = added_gradients(plain, ("module.block", "module.fuse"), IMAGE, flipped_depth(plain, IMAGE))
    before = fingerprint(model)
    parts = GradientUncertainty(model, ["block", "fuse"], chunk=2).gradients(IMAGE, lambda gradient: gradient)
    assert fingerprint(model) == before
    for name, gradient in parts[0].layers.items():
        torch.testing.assert_close(gradient, expected[f"module.{name}"], rtol=1e-4, atol=1e-7)
    assert {"stem.0", "head"} <= {row.name for row in list_layers(model, IMAGE[:1])}


def test_gradients_flow_through_the_resizing() -> None:
    model = adapt(Coarse(), lambda raw: raw["out"].exp(), DEPTH, multiple=4, **NORMAL).eval()
    expected = added_gradients(model, ("module.features",), IMAGE, flipped_depth(model, IMAGE))
    (found,) = GradientUncertainty(model, "features", chunk=2).gradients(IMAGE, lambda gradient: gradient)
    torch.testing.assert_close(found.layers["features"], expected["module.features"], rtol=1e-4, atol=1e-7)


def test_size_makes_auto_known_at_once() -> None:
    model = adapt(Pyramid(), lambda raw: raw, DEPTH, multiple=4, size=(16, 24), **NORMAL)
    # "block" stands at the bottleneck's resolution, "fuse" behind it; "head" has one channel.
    assert GradientUncertainty(model, "auto").layers == ("fuse",)
    assert GradientUncertainty(adapt(Pyramid(), lambda raw: raw, DEPTH, **NORMAL), "auto").layers == ()
    named = adapt(Pyramid(), lambda raw: raw, DEPTH, auto_layer="block", **NORMAL)
    assert GradientUncertainty(named, "auto").layers == ("block",)


def test_a_split_network_runs_its_encoder_once() -> None:
    net = Coarse()
    calls = []
    net.features.register_forward_hook(lambda *_: calls.append(1))

    def decode(module: nn.Module, features: list[Tensor], size: tuple[int, int]) -> Tensor:
        assert size == (12, 16)
        return module.head(features[0].tanh())[:, 0]

    model = adapt(
        net, lambda raw: raw, DISPARITY, multiple=4, encode=lambda m, x: [m.features(x)], decode=decode, **NORMAL
    )
    whole = adapt(net, lambda raw: raw["out"], DISPARITY, multiple=4, **NORMAL)
    with torch.no_grad():
        assert torch.equal(model(IMAGE).depth, whole(IMAGE).depth)
    calls.clear()
    split = GradientUncertainty(model, "head", "feature_noise").estimate(IMAGE[:1])
    assert calls == [1]
    hooked = GradientUncertainty(whole, "head", {"feature_noise": {"layer": "features"}}).estimate(IMAGE[:1])
    assert calls == [1] * 3
    assert_same(split, hooked)
    with pytest.raises(InputError, match="has no encode and decode"):
        GradientUncertainty(whole, "head", "feature_noise").estimate(IMAGE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"multiple": 0}, "multiple=0"),
        ({"mean": (0.5,)}, "mean=.* three numbers"),
        ({"std": (1, 0, 1)}, "std=.* above 0"),
        ({"encode": lambda m, x: x}, "encode and decode must be given together"),
        ({"encode": id, "decode": id, "forward": id}, "give forward, or encode and decode"),
        ({"auto_layer": "nothing"}, "auto_layer='nothing' is no module of Coarse"),
    ],
)
def test_what_adapt_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        adapt(Coarse(), lambda raw: raw["out"], DEPTH, **(NORMAL | change))


@pytest.mark.parametrize(
    ("answer", "found"),
    [(lambda raw: raw, "dict"), (lambda raw: raw["out"][0], r"\(3, 4\)"), (lambda raw: torch.ones(2, 2, 3, 4), "2, 2")],
)
def test_answers_that_are_no_depth(answer: Any, found: str) -> None:
    with pytest.raises(InputError, match=f"to_prediction must give depth.*{found}"):
        adapt(Coarse(), answer, DEPTH, multiple=4, **NORMAL)(IMAGE)


@pytest.mark.parametrize(
    ("name", "auto"),
    [("deeplabv3_mobilenet_v3_large", "classifier.1"), ("lraspp_mobilenet_v3_large", "classifier.cbr.0")],
)
def test_torchvision_segmentation_networks(name: str, auto: str) -> None:
    """Nothing stands behind their coarsest map but a head of one channel, so that auto takes what is before it."""
    net = getattr(segmentation, name)(weights=None, weights_backbone=None, num_classes=1).eval()
    generator = torch.Generator().manual_seed(0)
    for weight in (parameter for parameter in net.parameters() if parameter.ndim == 4):
        weight.data = torch.randn(weight.shape, generator=generator) * (2 / weight[0].numel()) ** 0.5
    model = adapt(net, lambda raw: F.softplus(raw["out"]), OutputSpace(), **NORMAL)
    image = noise(2, 70, 90)
    with torch.no_grad():
        raw = F.softplus(net((image - model.mean) / model.std)["out"])
        torch.testing.assert_close(model(image).depth, raw)
    references = ["flip", {"feature_noise": {"layer": "backbone"}}]
    with pytest.raises(InputError, match=r"returns a .*Dict.* not a map"):
        GradientUncertainty(model, "auto", references).estimate(image)
    references = ["flip", {"feature_noise": {"layer": "backbone.16"}}]
    estimator = GradientUncertainty(model, "auto", references)
    estimate = estimator.estimate(image)
    assert estimator.layers == (auto,)
    assert estimate.uncertainty.shape == (2, 1, 70, 90)
    assert estimate.valid.all()
    assert estimate.loss.min() > 0


def test_our_own_networks_with_and_without_adapting() -> None:
    for settings in (Monodepth2Settings(size=[64, 96]), RTMonoDepthSSettings(size=[64, 96])):
        net = build_model(settings).eval()
        model = adapt(net, lambda raw: raw, net.output_space, mean=(0,) * 3, std=(1,) * 3, multiple=net.multiple)
        image = noise(1, 60, 90)
        estimate = GradientUncertainty(net, "auto").estimate(image)
        assert_same(GradientUncertainty(model, GradientUncertainty(net, "auto").layers).estimate(image), estimate)


class Foreign(L.LightningModule):
    """A user's own module around an adapted network."""

    def __init__(self) -> None:
        super().__init__()
        self.depth_model = adapt(Coarse(), lambda raw: raw["out"].exp(), DISPARITY, multiple=4, **NORMAL)

    def test_step(self, batch: dict[str, Tensor], batch_idx: int) -> dict[str, Any]:
        return {"prediction": self.depth_model(batch["image"])}


def test_in_a_lightning_module() -> None:
    samples = [{"image": image, "depth": 1 + 9 * noise(1, 20, 26, seed)[0, :1]} for seed, image in enumerate(IMAGE)]
    evaluation = EvaluationCallback(EvaluationProtocol(alignment="least_squares"), ["gradient"])
    callback = UncertaintyCallback(lambda model: GradientUncertainty(model, "auto"))
    trainer = L.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_checkpointing=False,
        enable_model_summary=False, callbacks=[callback, evaluation],
    )  # fmt: skip
    (logged,) = trainer.test(Foreign(), DataLoader(samples, batch_size=2), verbose=False)
    assert evaluation.images == 2
    assert 0 < logged["test/abs_rel"] < 2
    assert set(evaluation.uncertainty) == {"gradient"}
