"""What layers there are, what they cost, and which one is taken if nobody says."""

import gc
import logging
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models import ModelSettings, Monodepth2Settings, RTMonoDepthSSettings, build_model
from gradunc.models.families.adabins.settings import AdaBinsSettings
from gradunc.models.families.pixelformer.settings import PixelFormerSettings
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty, LayerInfo, list_layers
from gradunc.uncertainty.gradient import listing
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.models import swin_files
from tests.uncertainty.networks import Chain, Pyramid, assert_same, fingerprint, noise
from tests.uncertainty.split_networks import ChannelsLast, Split, Tokens

PUBLISHED = [
    *[(256, 6, 20), (256, 12, 40), (128, 12, 40), (128, 24, 80), (64, 24, 80), (64, 48, 160)],
    *[(32, 48, 160), (32, 96, 320), (16, 96, 320), (16, 192, 640), (1, 192, 640)],
]
"""docs/methods.md A.5: ResNet-18 at 192x640."""


def by_index(rows: list[LayerInfo]) -> dict[int, LayerInfo]:
    return {row.index: row for row in rows if row.index is not None}


def test_published_table() -> None:
    rows = list_layers(build_model(Monodepth2Settings()))
    found = by_index(rows)

    assert [found[i].shape for i in range(11)] == PUBLISHED
    assert [found[i].name for i in range(10)] == [f"decoder.blocks.{i}.conv" for i in range(10)]
    assert found[10].name == "decoder.heads.0"
    assert not {11, 12, 13} & set(found)  # scales 1 to 3 do not influence the depth
    # The deeper in the decoder, the more of the backward pass is needed.
    shares = [found[i].backward for i in range(11)]
    assert shares == sorted(shares, reverse=True)
    names = [row.name for row in rows]
    assert names.index("encoder.backbone.conv1") < names.index("decoder.blocks.0.conv") < names.index("decoder.heads.0")


def test_share_of_the_backward_pass_by_hand() -> None:
    # Both 3x3 at 6x8: forward and each of its two gradients cost 2 * 9 * in * out * 48 operations. From the depth to
    # the image: second 4 -> 1 (for weights and input), first 3 -> 4 likewise; until the first layer: the second alone.
    model = Chain(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1), nn.Tanh()).requires_grad_(False)
    rows = {row.name: row for row in list_layers(model, noise(1, 6, 8))}

    assert rows["head"].backward == 0
    assert rows["features"].backward == pytest.approx(4 * 1 / (4 * 1 + 3 * 4))
    assert rows["features"] == LayerInfo(0, "features", "Conv2d", (4, 6, 8), rows["features"].backward)
    assert rows["activation"].index is None
    assert rows["activation"].shape == (4, 6, 8)


def test_only_layers_that_give_one_map_and_influence_the_depth() -> None:
    names = [row.name for row in list_layers(Pyramid(), noise(1, 13, 22))]

    assert names == ["stem.0", "stem.1", "stem.2", "stem", "deep.0", "deep.1", "deep.2", "deep", "block", "dropout",
                     "fuse", "head"]  # the activation runs twice  # fmt: skip


@pytest.mark.parametrize("training", [False, True])
def test_the_network_stays_as_it_was(training: bool) -> None:
    model, image = Pyramid(inplace=True).train(training), noise(1, 8, 8)
    before = fingerprint(model)
    with torch.inference_mode():
        list_layers(model, image)

    assert fingerprint(model) == before
    assert torch.equal(image, noise(1, 8, 8))


def test_everything_that_is_listed_can_be_estimated() -> None:
    for model in (Pyramid(), Split(), Tokens(), ChannelsLast()):
        for row in list_layers(model, noise(1, 8, 12)):
            estimate = GradientUncertainty(model, [row.name], channels=lambda g: g[:, :1]).estimate(noise(1, 8, 12))
            assert tuple(estimate.layers[row.name].shape[2:]) == row.shape[1:], row.name


def test_tokens_and_channels_last() -> None:
    tokens = {row.name: row.shape for row in list_layers(Tokens(tuple_output=True), noise(1, 8, 12))}
    last = {row.name: row.shape for row in list_layers(ChannelsLast(), noise(1, 8, 12))}

    assert tokens["mix"] == tokens["mix.linear"] == (5, 4, 6)
    assert last["stem"] == (6, 8, 12)
    assert last["last"] == (4, 8, 12)


def test_choosing_layers_counts_no_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    model, image = Pyramid(), noise(1, 8, 12)
    expected = {choice: automatic_layers(model, choice, image) for choice in ("auto", "coarse")}
    monkeypatch.setattr(listing, "FlopCounterMode", None)
    assert {choice: automatic_layers(model, choice, image) for choice in expected} == expected
    with pytest.raises(TypeError, match="not callable"):
        list_layers(model, image)


def test_a_network_without_size_needs_an_image() -> None:
    with pytest.raises(InputError, match=r"Pyramid has no size=\(height, width\); give an example image \(1,3,H,W\)"):
        list_layers(Pyramid())


@pytest.mark.parametrize("said", [64, (3, 64, 96), "64x96", (0, 64), (16.0, 24.0)])
def test_what_is_no_height_and_width_is_no_size(said: Any) -> None:
    model, image = Pyramid(), noise(1, 16, 24)
    model.size, model.auto_layer = said, None
    with pytest.raises(InputError, match="Pyramid has no size="):
        list_layers(model)

    estimator = GradientUncertainty(model, "auto")
    assert estimator.layers == ()
    estimator.estimate(image)
    assert estimator.layers == ("fuse",)


def test_a_size_as_a_list_is_enough_for_auto() -> None:
    model = Pyramid()
    model.size = [16, 24]
    assert GradientUncertainty(model, "auto").layers == ("fuse",)


@pytest.mark.parametrize(
    ("settings", "name", "shape"),
    [
        (Monodepth2Settings(size=[192, 640]), "decoder.blocks.6.conv", (32, 48, 160)),
        (Monodepth2Settings(size=[64, 96]), "decoder.blocks.6.conv", (32, 16, 24)),
        # Blocks 2i at 1/2^(4-i), 2i+1 twice that: block 4 is the last one at a quarter.
        (RTMonoDepthSSettings(size=[64, 96]), "decoder.blocks.4.conv", (32, 16, 24)),
    ],
)
def test_auto_is_the_published_block_or_its_analogue(
    settings: ModelSettings, name: str, shape: tuple[int, ...], caplog: Any
) -> None:
    model = build_model(settings)
    with caplog.at_level(logging.INFO, "gradunc"):
        estimator = GradientUncertainty(model, "auto")

    assert estimator.layers == (name,)
    assert f"layers=auto: {name} of EncoderDecoder" in caplog.text
    assert {row.name: row.shape for row in list_layers(model)}[name] == shape


@pytest.mark.parametrize(
    ("settings", "last"),
    [(Monodepth2Settings(encoder="lcnet_050", size=[64, 96]), 6), (RTMonoDepthSSettings(size=[64, 96]), 4)],
)
def test_coarse_is_every_block_until_a_quarter(settings: ModelSettings, last: int) -> None:
    model = build_model(settings)
    shapes = {row.name: row.shape for row in list_layers(model)}
    layers = GradientUncertainty(model, "coarse").layers

    assert layers == tuple(f"decoder.blocks.{i}.conv" for i in range(last + 1))
    assert all(shapes[name][1] <= 16 for name in layers)


def test_auto_without_a_size_is_found_at_the_first_estimate() -> None:
    # The last coarsest map is behind block (1/4). Then fuse (1/2, 5 channels) and head (1/2, but one channel only).
    model, image = Pyramid(), noise(2, 16, 24)
    estimator = GradientUncertainty(model, "auto")

    assert estimator.layers == ()
    found = estimator.estimate(image)
    assert estimator.layers == ("fuse",)
    assert_same(found, GradientUncertainty(model, "fuse").estimate(image))


def test_auto_with_further_inputs() -> None:
    class Scaled(Pyramid):
        def forward(self, image: Tensor, factor: Tensor) -> DepthPrediction:
            return DepthPrediction(super().forward(image).depth * factor.view(-1, 1, 1, 1))

    estimator = GradientUncertainty(Scaled(), "auto")
    estimator.estimate(noise(3, 16, 24), factor=torch.tensor([1.0, 2.0, 3.0]))

    assert estimator.layers == ("fuse",)


def test_auto_takes_the_nearest_resolution_if_there_is_no_quarter() -> None:
    class Coarse(nn.Module):
        """1/8, then an eighth and a half."""

        def __init__(self) -> None:
            super().__init__()
            self.down, self.eighth = nn.Conv2d(3, 4, 8, stride=8), nn.Conv2d(4, 4, 1)
            self.wide, self.thin = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            x = F.interpolate(self.eighth(self.down(image)), scale_factor=4.0)
            return DepthPrediction(F.interpolate(self.thin(self.wide(x)), scale_factor=2.0))

    # Behind the bottleneck stand `wide` (1/2, four channels) and `thin` (1/2, one).
    assert automatic_layers(Coarse(), "auto", noise(1, 16, 24)) == ("wide",)


class Bins(nn.Module):
    """1/8, then features at a quarter, and the logits of five bins of depth there."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.features, self.logits = nn.Conv2d(3, 4, 8, stride=8), nn.Conv2d(4, 6, 1), nn.Conv2d(6, 5, 1)

    def forward(self, image: Tensor) -> DepthPrediction:
        shares = self.logits(self.features(F.interpolate(self.down(image), scale_factor=2.0))).softmax(1)
        depth = (shares * torch.arange(1.0, 6.0).view(1, 5, 1, 1)).sum(1, keepdim=True)
        return DepthPrediction(F.interpolate(depth, scale_factor=4.0))


@pytest.mark.parametrize(("choice", "expected"), [("auto", ("features",)), ("coarse", ("down", "features"))])
def test_logits_of_bins_are_no_features(choice: str, expected: tuple[str, ...]) -> None:
    assert automatic_layers(Bins(), choice, noise(1, 16, 24)) == expected


WINDOWS = {"transformer": swin_files.NAME, "features": 8, "attention_heads": 2}


@pytest.mark.parametrize(
    ("settings", "auto", "coarse"),
    [
        (
            AdaBinsSettings(encoder="lcnet_050", features=8, bins=16, patch=8, head="bins", size=[64, 96]),
            "decoder.ups.2.conv2",
            {f"decoder.ups.{level}.conv2" for level in range(3)},
        ),
        (
            PixelFormerSettings(**WINDOWS, bins=16, head="bins", size=[64, 96]),
            "decoder.skips.0.mlp.fc2",
            {f"decoder.skips.{level}.mlp.fc2" for level in range(4)},
        ),
    ],
    ids=["adabins", "pixelformer"],
)
def test_families_with_bins_are_read_in_front_of_them(
    settings: ModelSettings, auto: str, coarse: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(timm.models._registry._model_entrypoints, swin_files.NAME, swin_files.tiny_swin)
    model = build_model(settings)
    assert automatic_layers(model, "auto") == (auto,)
    assert {row.name: row.shape for row in list_layers(model)}[auto][1:] == (16, 24)
    found = set(automatic_layers(model, "coarse"))
    assert found >= coarse
    assert "decoder.ups.3.conv2" not in found
    assert not {name for name in found if name.startswith(("decoder.heads", "decoder.transformer"))}


def test_auto_on_a_network_without_maps() -> None:
    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = nn.Linear(1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            depth = self.gain(image[:, :1].reshape(-1, 1))
            return DepthPrediction(depth.view(len(image), 1, *image.shape[-2:]))

    with pytest.raises(InputError, match="Flat has no layer that gives a map and influences the depth"):
        automatic_layers(Flat(), "auto", noise(1, 4, 6))


def test_a_network_may_know_its_layer() -> None:
    model = Pyramid()
    model.auto_layer = "stem.0"

    assert GradientUncertainty(model, "auto").estimate(noise(1, 8, 8)).layers.keys() == {"stem.0"}


def test_placeholders_are_not_listed() -> None:
    assert [row.name for row in list_layers(Chain(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 1, 1)), noise(1, 4, 4))] == [
        "features",
        "head",
    ]


def test_auto_is_no_glob() -> None:
    with pytest.raises(InputError, match="the model has no layer 'auto'"):
        GradientUncertainty(Pyramid(), ["auto", "block"])


class InPlace(nn.Module):
    """Changes in place what the gradient of its first layer needs."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 1, 1)

    def forward(self, image: Tensor) -> DepthPrediction:
        features = self.first(image).exp()
        return DepthPrediction(self.head(features.mul_(2)))


class Frozen(nn.Module):
    """Runs everything but its head without a graph."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 2, 1), nn.Conv2d(2, 1, 1)

    def forward(self, image: Tensor) -> DepthPrediction:
        with torch.no_grad():
            features = self.body(image)
        return DepthPrediction(self.head(features))


def test_coarse_of_a_network_that_has_only_a_head_is_the_head() -> None:
    estimator = GradientUncertainty(Frozen(), "coarse")
    with pytest.warns(UserWarning, match=r"Frozen has no layer from its bottleneck .*; the gradient is read at 'head'"):
        estimator.estimate(noise(1, 16, 24))

    assert estimator.layers == ("head",)


@pytest.mark.parametrize("choice", ["auto", "coarse"])
def test_a_network_that_cannot_be_searched_is_one_line(choice: str) -> None:
    with pytest.raises(InputError) as error:
        GradientUncertainty(InPlace(), choice).estimate(noise(1, 16, 24))
    assert "\n" not in str(error.value)
    assert "name" in str(error.value)


@pytest.mark.parametrize(
    "find", [list_layers, lambda model, image: GradientUncertainty(model, "coarse").estimate(image)]
)
def test_maps_are_freed(find: Callable[[nn.Module, Tensor], Any]) -> None:
    model, maps = Pyramid(), list[weakref.ref[Tensor]]()
    for module in model.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda _module, _inputs, output: maps.append(weakref.ref(output)))
    find(model, noise(1, 16, 24))
    gc.collect()

    assert maps
    assert not [one for one in maps if one() is not None]


def test_maps_are_freed_where_the_search_fails() -> None:
    class InPlace(nn.Module):
        """Changes what the gradient of exp needs."""

        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Conv2d(3, 1, 1)

        def forward(self, image: Tensor) -> Tensor:
            depth = self.mix(image).exp()
            return depth.mul_(2)

    model, maps = InPlace(), list[weakref.ref[Tensor]]()
    model.mix.register_forward_hook(lambda _module, _inputs, output: maps.append(weakref.ref(output)))
    with pytest.raises(InputError, match="cannot be differentiated"):
        list_layers(model, noise(1, 16, 24))
    gc.collect()

    assert maps
    assert not [one for one in maps if one() is not None]


class Windows(nn.Module):
    """Attention's shape: maps (B,8,28,28) -> four windows of 7x7 tokens for each 14x14 -> maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.windows = nn.Linear(8, 8)
        self.last = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, image: Tensor) -> DepthPrediction:
        maps = self.first(image)
        batch = len(maps)
        tokens = maps.unflatten(3, (-1, 7)).unflatten(2, (-1, 7)).permute(0, 2, 4, 3, 5, 1).reshape(-1, 49, 8)
        again = self.windows(tokens).reshape(batch, 2, 2, 7, 7, 8).permute(0, 5, 1, 3, 2, 4).reshape(maps.shape)
        return DepthPrediction(self.head(self.last(again)).exp())


def test_tokens_of_windows_are_no_map_of_the_image() -> None:
    model, image = Windows().eval(), torch.rand(1, 3, 14, 14)
    assert [row.name for row in list_layers(model, image)] == ["first", "last", "head"]
    with pytest.raises(
        InputError, match=r"'windows' gives 4 maps for 1 images \(windows of attention\?\); gradunc.list_layers"
    ):
        GradientUncertainty(model, "windows").estimate(image)
