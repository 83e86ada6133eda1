"""References from changed features: by hand, cost, levels, tokens."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.references import (
    FeatureDropout,
    FeatureFlip,
    FeatureNoise,
    FeatureScale,
    Query,
    Reference,
    ReferenceDepth,
)
from tests.uncertainty.networks import added_gradients, assert_same, noise, query, row
from tests.uncertainty.split_networks import IntegerSplit, Split, Tokens, Whole

KINDS = [FeatureFlip, FeatureNoise, FeatureDropout, FeatureScale]
WITH_LEVELS = [FeatureNoise, FeatureDropout, FeatureScale]


def changed(reference: ReferenceDepth, image: Tensor, **draws: int) -> tuple[Tensor, list[Tensor]]:
    """The reference depth and the features it was decoded from, of the integer network."""
    model = IntegerSplit()
    found = reference(query(model, image, features=model.encode(image), **draws))
    assert found.valid is None
    return found.depth, model.features


class TestByHand:
    """Red 1,2,4: fine 1,2,4 and 0,1,2; deep 2,4,8 and green 0."""

    def test_flip_changes_all_levels_together(self) -> None:
        depth, features = changed(FeatureFlip(), row(1, 2, 4))

        assert features[0][0, :, 0].tolist() == [[4, 2, 1], [2, 1, 0]]
        assert features[1][0, :, 0].tolist() == [[8, 4, 2], [0, 0, 0]]
        # Flipping the maps, not the image: the left neighbours stay left neighbours, so the depth is the same.
        assert depth.flatten().tolist() == [3.0, 7.0, 14.0]

    @pytest.mark.parametrize(("levels", "fine"), [("deepest", [[1, 2, 4], [0, 1, 2]]), ("all", None)])
    def test_scale_moves_the_mean_and_leaves_deviations_alone(self, levels: Any, fine: list[Any] | None) -> None:
        _, features = changed(FeatureScale(2.5, levels), row(1, 2, 4))
        # Means: fine 7/3 and 1, deep 14/3 and 0; 1.5 of them are added.
        expected = fine or [[1 + 3.5, 2 + 3.5, 4 + 3.5], [1.5, 2.5, 3.5]]

        torch.testing.assert_close(features[0][0, :, 0], torch.tensor(expected, dtype=torch.float32))
        torch.testing.assert_close(features[1][0, :, 0], torch.tensor([[9.0, 11.0, 15.0], [0.0, 0.0, 0.0]]))

    def test_dropout_drops_whole_channels_and_rescales_the_others(self) -> None:
        image, dropped, outcomes = noise(1, 4, 5), 0, set[bool]()
        original = IntegerSplit().encode(image)
        for seed in range(40):
            for feature, before in zip(
                changed(FeatureDropout(0.25, "all"), image, seed=seed)[1], original, strict=True
            ):
                for after, channel in zip(feature[0], before[0], strict=True):
                    gone = not after.any()
                    outcomes.add(gone)
                    dropped += gone
                    if not gone:
                        torch.testing.assert_close(after, channel / 0.75)

        assert outcomes == {True, False}
        # 160 draws with p = 1/4: mean 40, standard deviation 5.5; four of them.
        assert abs(dropped - 40) < 22

    @pytest.mark.parametrize("levels", ["deepest", "all"])
    def test_noise_is_a_share_of_each_maps_own_spread(self, levels: Any) -> None:
        image = torch.cat([noise(1, 60, 80), 100 * noise(1, 60, 80, seed=1)])
        before, (_, features) = IntegerSplit().encode(image), changed(FeatureNoise(0.2, levels), image)
        for level in (0, 1):
            for i in (0, 1):
                ratio = (features[level][i] - before[level][i]).std() / before[level][i].std()
                untouched = levels == "deepest" and level == 0
                # 9600 samples: the standard error of the ratio is 0.7 % of it; five of them.
                assert ratio.item() == pytest.approx(0.0 if untouched else 0.2, rel=0.035)


class TestCost:
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_encoder_runs_once(self, kind: Any) -> None:
        model = Split()
        GradientUncertainty(model, ["block"], kind(), chunk=3).estimate(noise(3, 8, 10))

        assert (model.encoded, model.decoded) == (1, 2)

    def test_and_once_for_several_features_references(self) -> None:
        model = Split()
        GradientUncertainty(model, ["block"], [kind() for kind in KINDS]).estimate(noise(1, 8, 10))

        assert (model.encoded, model.decoded) == (1, 5)

    def test_an_image_reference_beside_them_encodes_its_own_image(self) -> None:
        model = Split()
        GradientUncertainty(model, ["block"], ["flip", "feature_flip"]).estimate(noise(1, 8, 10))

        assert (model.encoded, model.decoded) == (2, 3)

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_named_layer_costs_one_more_forward_pass(self, kind: Any) -> None:
        model = Whole()
        GradientUncertainty(model, ["inner.block"], kind(layer="inner.deep")).estimate(noise(1, 8, 10))

        assert model.calls == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [("block", "fuse"), ("fine", "head")])
def test_split_evaluation_gives_the_gradients_of_ordinary_autograd(kind: Any, layers: tuple[str, ...]) -> None:
    image, model = noise(1, 7, 10), Split()
    reference = kind()(query(model, image, features=model.encode(image))).depth.detach()
    expected = added_gradients(model, layers, image, reference)
    found = GradientUncertainty(model, layers, kind(), channels="sum").estimate(image)

    torch.testing.assert_close(found.depth, model(image).depth)
    assert found.loss.item() > 0
    for name in layers:
        rows, columns = found.layers[name].shape[-2:]
        torch.testing.assert_close(found.layers[name], expected[name].sum(1, keepdim=True)[..., :rows, :columns])


@pytest.mark.parametrize("kind", WITH_LEVELS)
def test_levels_and_layers_agree_on_the_same_map(kind: Any) -> None:
    class Deep(nn.Module):
        """The deepest map is the output of `last`."""

        def __init__(self) -> None:
            super().__init__()
            self.inner, self.last = Split(), nn.Tanh()

        def encode(self, image: Tensor) -> list[Any]:
            fine = self.inner.fine(image).tanh()
            return [fine, None, self.last(self.inner.deep(fine))]

        def decode(self, features: list[Any], size: tuple[int, int]) -> DepthPrediction:
            return self.inner.decode(features, size)

        def forward(self, image: Tensor) -> DepthPrediction:
            return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]))

    image = noise(2, 6, 8)
    by_level, by_layer = (
        GradientUncertainty(Deep(), ["inner.fuse"], reference, chunk=2).estimate(image)
        for reference in (kind(), kind(layer="last"))
    )

    assert by_level.loss.min() > 0
    torch.testing.assert_close(by_level.loss, by_layer.loss)
    torch.testing.assert_close(by_level.uncertainty, by_layer.uncertainty)


@pytest.mark.parametrize("kind", WITH_LEVELS)
def test_all_levels_are_not_the_deepest_alone(kind: Any) -> None:
    losses = [GradientUncertainty(Split(), ["fuse"], kind(levels=levels)).estimate(noise(1, 8, 8)).loss for levels in
              ("deepest", "all")]  # fmt: skip

    assert losses[0] != losses[1]


@pytest.mark.parametrize("tuple_output", [False, True])
@pytest.mark.parametrize(
    ("reference", "change"),
    [
        (FeatureFlip(layer="mix"), lambda maps: maps.flip(-1)),
        (FeatureScale(1.5, layer="mix"), lambda maps: maps + 0.5 * maps.mean((2, 3), keepdim=True)),
    ],
)
def test_tokens_are_changed_as_a_map_and_the_class_token_is_left_alone(
    tuple_output: bool, reference: ReferenceDepth, change: Any
) -> None:
    model, image = Tokens(tuple_output), noise(2, 6, 10)
    found = reference(query(model, image)).depth
    with torch.no_grad():
        patches = model.patches(image).flatten(2).transpose(1, 2)
        tokens = model.mix.linear(torch.cat([patches.mean(1, keepdim=True), patches], 1))
        maps = change(tokens[:, 1:].transpose(1, 2).reshape(2, 5, 3, 5))
        expected = model.head(maps + tokens[:, 0, :, None, None]).repeat_interleave(2, 2).repeat_interleave(2, 3)
    if isinstance(reference, FeatureFlip):
        expected = expected.flip(-1)

    torch.testing.assert_close(found, expected)


def test_an_in_place_decoder_does_not_spoil_the_features_of_the_prediction() -> None:
    class InPlace(Split):
        def decode(self, features: list[Any], size: tuple[int, int]) -> DepthPrediction:
            return super().decode([features[0].mul_(2), None, features[2].mul_(2)], size)

    image = noise(1, 8, 8)
    found = GradientUncertainty(InPlace(), ["block"], ["feature_noise", "feature_scale"]).estimate(image)

    torch.testing.assert_close(found.depth, InPlace()(image).depth)


@pytest.mark.parametrize("kind", KINDS)
def test_without_encode_and_decode_a_layer_is_needed(kind: Any) -> None:
    with pytest.raises(InputError, match=r"Whole has no encode and decode; say which features to change.*adapt"):
        GradientUncertainty(Whole(), ["inner.block"], kind()).estimate(noise(1, 8, 8))


def test_an_unknown_layer() -> None:
    with pytest.raises(InputError, match=r"the model has no layer 'inner.dep'; nearest: inner.deep"):
        GradientUncertainty(Whole(), ["inner.block"], FeatureFlip("inner.dep")).estimate(noise(1, 8, 8))


def test_a_layer_without_a_map() -> None:
    class Listed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.both, self.head = Both(), nn.Conv2d(3, 1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            return DepthPrediction(self.head(self.both(image)["one"]))

    class Both(nn.Module):
        def forward(self, image: Tensor) -> dict[str, Tensor]:
            return {"one": image}

    with pytest.raises(InputError, match="layer 'both' returns a dict, not a map; choose one inside it"):
        GradientUncertainty(Listed(), ["head"], FeatureFlip("both")).estimate(noise(1, 8, 8))


def test_an_encoder_without_maps() -> None:
    class Codes(Split):
        def encode(self, image: Tensor) -> list[Any]:
            return [image.flatten(1), None]

    with pytest.raises(InputError, match=r"Codes\.encode returned no feature map"):
        GradientUncertainty(Codes(), ["block"], "feature_flip").estimate(noise(1, 8, 8))


def test_a_reference_of_ones_own_may_change_features_too() -> None:
    def doubled(query: Query) -> Reference:
        return Reference(query.predict_changed(lambda feature: 2 * feature, "all"))

    # Depth = sum of the features, so the reference is twice the depth 3,7,14: loss mean d^2, gradient -2 d / 3.
    found = GradientUncertainty(IntegerSplit(), ["head"], doubled).estimate(row(1, 2, 4))

    assert found.loss.item() == pytest.approx((9 + 49 + 196) / 3)
    assert found.uncertainty.flatten().tolist() == pytest.approx([-2, -14 / 3, -28 / 3])


def test_the_deepest_map_is_the_coarsest_wherever_it_stands() -> None:
    class CoarsestFirst(Split):
        def encode(self, image: Tensor) -> list[Tensor | None]:
            return super().encode(image)[::-1]

        def decode(self, features: list[Any], size: tuple[int, int]) -> DepthPrediction:
            return super().decode(features[::-1], size)

    image = noise(2, 8, 12)
    for change in (FeatureNoise(), FeatureDropout(0.5), FeatureScale(), FeatureFlip(levels="deepest")):
        expected = GradientUncertainty(Split(), "fuse", change).estimate(image)
        assert_same(GradientUncertainty(CoarsestFirst(), "fuse", change).estimate(image), expected)


def test_flip_of_the_deepest_level_alone() -> None:
    model, image = Split(), noise(2, 8, 12)
    with torch.no_grad():
        fine, _, deep = model.encode(image)
        expected = model.decode([fine, None, deep.flip(3)], (8, 12)).depth.flip(3)

    torch.testing.assert_close(FeatureFlip(levels="deepest")(query(model, image)).depth, expected)


def test_a_named_layer_that_is_not_there_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="the model has no layer 'dep'; nearest: deep"):
        GradientUncertainty(Split(), "fuse", FeatureNoise(layer="dep"))
