"""adapt(..., coarse=...): the gradient of a coarse output of somebody else's network, against autograd by hand."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc import DepthPrediction, GradientUncertainty, InputError, OutputSpace, adapt
from gradunc.models.adapters.model import AdaptedModel
from tests.uncertainty.networks import fingerprint, noise
from tests.uncertainty.split_networks import fill

DEPTH = OutputSpace("depth", "scale")
PLAIN: dict[str, Any] = {"mean": (0.0,) * 3, "std": (1.0,) * 3}
LAYERS = ["deep", "middle"]


class Decoder(nn.Module):
    """1/8, 1/4, 1/2 and full resolution, a head for each of the last three; what they give is log depth.

    `behind` holds what runs behind the head at 1/4, whether it was recorded, and counts passes that got there.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.stem, self.deep = nn.Conv2d(3, 4, 3, 4, 1), nn.Conv2d(4, 6, 3, 2, 1)
        self.middle, self.fine = nn.Conv2d(6, 5, 3, padding=1), nn.Conv2d(5, 4, 3, padding=1)
        self.heads = nn.ModuleDict(
            {"quarter": nn.Conv2d(5, 1, 1), "halved": nn.Conv2d(4, 1, 1), "full": nn.Conv2d(4, 1, 1)}
        )
        self.inplace = inplace
        self.recorded: list[bool] = []
        fill(self.parameters(), 0.25)
        self.eval()

    def forward(self, image: Tensor) -> list[Tensor]:
        x = F.elu(self.deep(F.elu(self.stem(image))))
        x = F.elu(self.middle(F.interpolate(x, scale_factor=2.0)))
        quarter = self.heads["quarter"](x)
        if self.inplace:
            quarter.mul_(3)
        x = F.elu(self.fine(F.interpolate(x, scale_factor=2.0)))
        self.recorded.append(x.requires_grad)
        half = self.heads["halved"](x)
        return [self.heads["full"](F.interpolate(x, scale_factor=2.0)), half, quarter]


class Halves(Decoder):
    """The same in two parts."""

    def encode(self, image: Tensor) -> Tensor:
        return F.elu(self.deep(F.elu(self.stem(image))))

    def decode(self, features: Tensor) -> list[Tensor]:
        x = F.elu(self.middle(F.interpolate(features, scale_factor=2.0)))
        quarter = self.heads["quarter"](x)
        x = F.elu(self.fine(F.interpolate(x, scale_factor=2.0)))
        self.recorded.append(x.requires_grad)
        return [self.heads["full"](F.interpolate(x, scale_factor=2.0)), self.heads["halved"](x), quarter]


def finest(raw: list[Tensor]) -> Tensor:
    return raw[0].exp()


def all_of_them(raw: list[Tensor]) -> DepthPrediction:
    return DepthPrediction(raw[0].exp(), scales=tuple(one.exp() for one in raw))


def named(name: str = "heads.quarter", net: Decoder | None = None, **settings: Any) -> AdaptedModel:
    return adapt(
        net or Decoder(), finest, DEPTH, multiple=8, coarse=name, coarse_to_prediction=torch.exp, **PLAIN, **settings
    )


def split(**settings: Any) -> AdaptedModel:
    parts = {
        "encode": lambda net, image: net.encode(image),
        "decode": lambda net, features, _size: net.decode(features),
    }
    return named(net=Halves(), **parts, **settings)


def outputs_of(net: nn.Module, run: Any, layers: list[str]) -> tuple[Any, list[Tensor]]:
    """What a run gives, and the outputs of layers in its full graph."""
    seen: list[Tensor] = []
    handles = [net.get_submodule(name).register_forward_hook(lambda _m, _a, out: seen.append(out)) for name in layers]
    answer = run()
    for handle in handles:
        handle.remove()
    return answer, seen


def by_hand(image: Tensor, which: int, references: list[str]) -> dict[str, Tensor]:
    """Summed gradients at the layers for one image: depth of output `which`, at 1/4 through disparity, w log d."""
    net, cells = Decoder(), (image.shape[-2] // 4, image.shape[-1] // 4)

    def coarse(raw: list[Tensor]) -> Tensor:
        disparity = 1 / raw[which].exp()
        return 1 / F.interpolate(disparity, cells, mode="bilinear")

    raw, seen = outputs_of(net, lambda: net(image), LAYERS)
    depth = coarse(raw)
    with torch.no_grad():
        x = depth.log() - F.avg_pool2d(raw[0], 4)
        features = Halves().encode(image).flip(3)
        errors = {
            "flip": (depth / coarse(net(image.flip(3))).flip(3)).log().abs(),
            "feature_flip": (depth / coarse(Halves().decode(features)).flip(3)).log().abs(),
            "scale": (x - x.median()).abs(),
        }
        weight = 1 + sum(errors[one] / errors[one].mean() for one in references) / max(len(references), 1)
    gradients = torch.autograd.grad((weight * depth.log()).mean(), seen)
    return {name: one.sum(1, keepdim=True) for name, one in zip(LAYERS, gradients, strict=True)}


def gradients(model: AdaptedModel, image: Tensor, references: Any, layers: list[str] = LAYERS) -> dict[str, Tensor]:
    estimator = GradientUncertainty(model, layers, references or "none", "sensitivity", "sum", output="coarse")
    return dict(estimator.estimate(image).layers)


def assert_equal(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    for name, one in expected.items():
        torch.testing.assert_close(found[name], one, rtol=1e-3, atol=1e-3 * float(one.abs().max()))


class TestGradientsOfAutograd:
    IMAGE = noise(1, 24, 40)

    @pytest.mark.parametrize("references", [[], ["flip"], ["scale"], ["flip", "scale"]], ids=str)
    def test_a_module(self, references: list[str]) -> None:
        assert_equal(gradients(named(), self.IMAGE, references), by_hand(self.IMAGE, 2, references))

    @pytest.mark.parametrize("references", [["feature_flip", "scale"], ["flip"]], ids=str)
    def test_a_module_of_a_network_with_encoder_and_decoder(self, references: list[str]) -> None:
        assert_equal(gradients(split(), self.IMAGE, references), by_hand(self.IMAGE, 2, references))

    def test_a_module_at_half_the_resolution_is_resized(self) -> None:
        assert_equal(gradients(named("heads.halved"), self.IMAGE, ["flip"]), by_hand(self.IMAGE, 1, ["flip"]))

    @pytest.mark.parametrize("scale", [1, 2])
    def test_a_scale(self, scale: int) -> None:
        model = adapt(Decoder(), all_of_them, DEPTH, multiple=8, coarse=scale, **PLAIN)

        assert_equal(gradients(model, self.IMAGE, ["flip", "scale"]), by_hand(self.IMAGE, scale, ["flip", "scale"]))

    def test_what_works_in_place_behind_the_module_changes_nothing(self) -> None:
        assert_equal(gradients(named(net=Decoder(inplace=True)), self.IMAGE, "none"), by_hand(self.IMAGE, 2, []))

    def test_a_batch_is_its_images(self) -> None:
        image = noise(3, 24, 40)
        model = named()
        found = GradientUncertainty.fast(model, reference=["flip", "scale"], chunk=2).estimate(image)

        for i in range(3):
            alone = GradientUncertainty.fast(model, reference=["flip", "scale"]).estimate(image[i : i + 1])
            torch.testing.assert_close(found.uncertainty[i : i + 1], alone.uncertainty, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(found.depth, model(image).depth)


@pytest.mark.parametrize("size", [(22, 37), (8, 8), (25, 41)])
@pytest.mark.parametrize("make", [named, split])
def test_images_that_are_padded(make: Any, size: tuple[int, int]) -> None:
    model, image = make(), noise(2, *size)
    found = GradientUncertainty.fast(model, layers=LAYERS, reference=["flip", "scale"]).estimate(image)

    assert found.uncertainty.shape == (2, 1, *size)
    assert found.valid.all()
    torch.testing.assert_close(found.depth, model(image).depth)


class TestWhatRuns:
    def test_nothing_behind_the_module_is_recorded_and_references_end_there(self) -> None:
        model, image = named(), noise(1, 24, 40)
        before = fingerprint(model)
        estimator = GradientUncertainty(model, LAYERS, ["flip", "scale"], "sensitivity", output="coarse")
        estimator.estimate(image)

        assert model.module.recorded == [False]
        assert fingerprint(model) == before
        assert torch.is_grad_enabled()

    def test_references_of_features_end_at_the_module(self) -> None:
        model = split()
        GradientUncertainty(model, LAYERS, ["feature_flip", "flip"], "sensitivity", output="coarse").estimate(
            noise(1, 24, 40)
        )

        assert model.module.recorded == [False]

    def test_it_costs_less_than_the_full_output(self) -> None:
        image = noise(1, 64, 96)
        settings: dict[str, Any] = {"layers": LAYERS, "reference": "flip"}
        coarse, full = (
            GradientUncertainty.recommended(named(), output=output, **settings).cost(image)
            for output in ("coarse", "full")
        )
        # Multiply-adds of one pass, per pixel of the image: stem 108/16, deep 216/64, middle 270/16, quarter 5/16,
        # behind it fine 180/4, half 4/4, full 4. Backward from the head: quarter, middle (to deep's output).
        front, behind = 108 / 16 + 216 / 64 + 270 / 16 + 5 / 16, 180 / 4 + 1 + 4

        assert coarse == pytest.approx(1 + (front + 5 / 16 + 270 / 16) / (front + behind), rel=1e-6)
        # One more head runs than the full depth needs.
        assert full == pytest.approx(2 + (270 / 16 + 180 / 4 + 4) / (front + behind), rel=1e-6)

    def test_layers_are_searched_in_front_of_the_module(self) -> None:
        estimator = GradientUncertainty.recommended(named(auto_layer="fine"), output="coarse")
        estimator.estimate(noise(1, 32, 48))

        assert estimator.layers == ("deep", "middle")
        full = GradientUncertainty.recommended(named(auto_layer="fine"), output="full", reference="flip")
        assert full.layers == ("fine",)


class TestWhatIsSaid:
    def test_notes_and_descriptions(self) -> None:
        of_module, of_scale = named(), adapt(Decoder(), all_of_them, DEPTH, coarse=2, **PLAIN)
        by_module = GradientUncertainty(of_module, "deep", output="coarse")
        by_scale = GradientUncertainty(of_scale, "deep", output="coarse")

        assert by_module.notes[-1] == "output=coarse: what 'heads.quarter' gives, at 1/4 of the resolution"
        assert by_scale.notes[-1] == "output=coarse: scale 2 of the network, at 1/4 of the resolution"
        assert by_module.description()["output"] == "module heads.quarter"
        assert by_scale.description()["output"] == "scale 2"
        assert (of_module.description()["coarse"], of_scale.description()["coarse"]) == ("heads.quarter", 2)
        assert "coarse" not in adapt(Decoder(), finest, DEPTH, **PLAIN).description()

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"coarse": "heads.quarte"}, "coarse='heads.quarte' is no module of Decoder; nearest: heads.quarter"),
            ({"coarse": 0}, "coarse=0 must be the name of a module, or a scale's number from 1 on"),
            ({"coarse": True}, "coarse=True must be the name of a module"),
            ({"coarse": 2, "coarse_to_prediction": torch.exp}, "coarse_to_prediction belongs to coarse=NAME"),
            ({"coarse_to_prediction": torch.exp}, "coarse_to_prediction belongs to coarse=NAME"),
        ],
    )
    def test_what_adapt_refuses(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            adapt(Decoder(), finest, DEPTH, **PLAIN, **settings)

    @pytest.mark.parametrize(
        ("model", "message"),
        [
            (
                lambda: named("middle"),
                r"coarse='middle' gives no depth \(InputError: to_prediction must give depth .* but gave",
            ),
            (
                lambda: adapt(
                    Decoder(),
                    lambda raw: raw["depth"],
                    DEPTH,
                    forward=lambda net, image: {"depth": net(image)[0].exp()},
                    coarse="heads.quarter",
                    **PLAIN,
                ),
                "coarse='heads.quarter' gives no depth .*; give coarse_to_prediction",
            ),
            (
                lambda: adapt(Decoder(), all_of_them, DEPTH, coarse=3, **PLAIN),
                r"coarse=3, but the network gives 3 scale\(s\), counted from 0",
            ),
            (lambda: adapt(Twice(), lambda raw: raw, DEPTH, coarse="head", **PLAIN), "coarse='head' runs twice"),
            (lambda: adapt(Twice(), lambda raw: raw, DEPTH, coarse="unused", **PLAIN), "coarse='unused' was never"),
        ],
    )
    def test_what_the_first_image_shows(self, model: Any, message: str) -> None:
        network = model().eval()
        layers = ["deep"] if isinstance(network.module, Decoder) else ["stem"]

        with pytest.raises(InputError, match=message):
            GradientUncertainty(network, layers, "none", "sensitivity", output="coarse").estimate(noise(1, 24, 40))
        assert torch.is_grad_enabled()

    def test_a_layer_behind_the_module(self) -> None:
        with pytest.raises(InputError, match=r"layer 'fine' does not influence .* or behind its coarse output"):
            gradients(named(), noise(1, 24, 40), "none", ["deep", "fine"])


class Twice(nn.Module):
    """One head for two scales, and one that nothing asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head, self.unused = nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 1, 1), nn.Conv2d(4, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        return F.interpolate(self.head(F.avg_pool2d(x, 2)), x.shape[-2:]).exp() + self.head(x).exp()
