"""What layers there are, what they cost, and which one is taken if nobody says."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models import Monodepth2Settings, build_model
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty, LayerInfo, list_layers
from gradunc.uncertainty.gradient import listing
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.uncertainty.networks import Chain, Pyramid, fingerprint, noise
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


def test_placeholders_are_not_listed() -> None:
    assert [row.name for row in list_layers(Chain(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 1, 1)), noise(1, 4, 4))] == [
        "features",
        "head",
    ]


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
