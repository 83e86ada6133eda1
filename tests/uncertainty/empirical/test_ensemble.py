"""Mean and spread of several networks, by hand."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.assembly.estimators import build_estimators
from gradunc.errors import InputError
from gradunc.models import export_model
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import Ensemble, shared_passes
from gradunc.uncertainty.empirical.ensemble import ensemble
from gradunc.uncertainty.empirical.manifest import ENSEMBLE, SNAPSHOTS, write_manifest
from gradunc.uncertainty.empirical.settings import EnsembleSettings
from gradunc.uncertainty.interface import Parts
from tests.helpers import random_images, tiny_model
from tests.uncertainty.networks import noise, row

METRIC, UP_TO_SCALE = OutputSpace("depth", "metric"), OutputSpace("depth", "scale")


class Times(nn.Module):
    """Depth = factor x red, or + shift."""

    def __init__(self, factor: float, shift: float = 0.0, space: OutputSpace = METRIC, **facts: Any) -> None:
        super().__init__()
        self.factor, self.shift = nn.Parameter(torch.tensor(factor)), shift
        self.output_space, self.asked = space, 0
        for name, value in facts.items():
            setattr(self, name, value)

    def forward(self, image: Tensor) -> DepthPrediction:
        self.asked += 1
        return DepthPrediction(self.factor.detach() * image[:, :1] + self.shift)


def three(space: OutputSpace = METRIC) -> list[nn.Module]:
    return [Times(factor, space=space) for factor in (1.0, 2.0, 6.0)]


def test_by_hand_in_depth():
    # Depths 1 2 6 where red is 1: mean 3, unbiased variance (4 + 1 + 9) / 2 = 7.
    estimate = Ensemble(three(), "depth").estimate(row(1.0, 2.0))
    torch.testing.assert_close(estimate.depth.flatten(), torch.tensor([3.0, 6.0]))
    torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([7.0, 28.0]).sqrt())
    assert torch.equal(estimate.epistemic, estimate.uncertainty)
    assert estimate.aleatoric is None
    assert estimate.valid.all()


def test_by_hand_in_disparity():
    # 1 1/2 1/6: mean 5/9, deviations 4/9 -1/18 -7/18, squares (64 + 1 + 49) / 324 over 2 = 57/324.
    estimate = Ensemble(three()).estimate(row(1.0))
    assert estimate.depth.item() == pytest.approx(9 / 5)
    assert estimate.uncertainty.item() == pytest.approx(math.sqrt(57 / 324))


def test_by_hand_in_log_depth():
    estimate = Ensemble([Times(1.0), Times(math.e**2)], "log_depth").estimate(row(1.0))
    assert estimate.depth.item() == pytest.approx(math.e, rel=1e-5)
    assert estimate.uncertainty.item() == pytest.approx(math.sqrt(2), rel=1e-5)


def test_the_published_variance_ranks_the_pixels_alike():
    members = wavy()
    depths = torch.stack([network(noise(1, 6, 8)).depth for network in members])
    published = torch.var(1 / depths, 0)
    found = Ensemble(members).estimate(noise(1, 6, 8)).uncertainty
    torch.testing.assert_close(found.square(), published)


def wavy() -> list[nn.Module]:
    return [Times(1.0, 0.2), Times(0.5, 0.9), Times(1.5, 0.1)]


def test_higher_is_worse():
    """Depth is right where all agree, and wrong where they do not."""
    truth, image = torch.tensor([4.0, 4.0, 4.0]), row(4.0, 4.0, 4.0)
    members = [At(torch.tensor(depths)) for depths in ([4.0, 5.0, 9.0], [4.0, 4.5, 6.0])]
    estimate = Ensemble(members, "depth").estimate(image)
    error = (estimate.depth.flatten() - truth).abs()
    assert estimate.uncertainty.flatten().argsort().tolist() == error.argsort().tolist() == [0, 1, 2]


class At(nn.Module):
    """The given depths, whatever the image."""

    def __init__(self, depths: Tensor, space: OutputSpace = METRIC) -> None:
        super().__init__()
        self.output_space = space
        self.register_buffer("depths", depths.view(1, 1, 1, -1))

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(self.depths.expand(len(image), 1, 1, -1))


def test_scale_ambiguous_members_are_brought_to_the_first_one():
    found = Ensemble(three(UP_TO_SCALE), "depth")
    assert "align=null" in found.notes[-1]
    estimate = found.estimate(row(1.0, 2.0, 5.0))
    torch.testing.assert_close(estimate.depth.flatten(), torch.tensor([1.0, 2.0, 5.0]))
    assert estimate.uncertainty.max() < 1e-6
    apart = Ensemble(three(UP_TO_SCALE), "depth", align=False)
    assert apart.estimate(row(1.0)).uncertainty.item() == pytest.approx(math.sqrt(7))
    assert apart.notes == ()


def test_metric_members_are_not_aligned_unless_asked():
    assert not Ensemble(three()).is_aligned
    assert Ensemble(three(), "depth", align=True).estimate(row(1.0, 2.0, 5.0)).uncertainty.max() < 1e-6


def test_what_a_ratio_of_medians_leaves():
    # The second one has median 4 and becomes 1/2 of it: 1 2 4, against 1 2 3.
    members = [At(torch.tensor(d), UP_TO_SCALE) for d in ([1.0, 2.0, 3.0], [2.0, 4.0, 8.0])]
    estimate = Ensemble(members, "depth").estimate(row(0.0, 0.0, 0.0))
    torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([0.0, 0.0, math.sqrt(0.5)]))


def test_a_free_shift_is_taken_from_the_first_one_too():
    space = OutputSpace("disparity", "affine")
    members = [Times(2.0, 1.0, space), Times(10.0, -3.0, space)]
    estimate = Ensemble(members).estimate(row(1.0, 2.0, 4.0, 5.0, 6.0))
    torch.testing.assert_close(estimate.depth.flatten(), 2 * torch.tensor([1.0, 2.0, 4.0, 5.0, 6.0]) + 1)
    assert estimate.uncertainty.max() < 1e-5


def test_each_image_has_a_scale_of_its_own():
    image = torch.cat([row(1.0, 2.0, 5.0), row(3.0, 0.5, 4.0)])
    together = Ensemble(wavy_up_to_scale()).estimate(image).uncertainty
    for i in range(2):
        torch.testing.assert_close(Ensemble(wavy_up_to_scale()).estimate(image[i : i + 1]).uncertainty[0], together[i])


def wavy_up_to_scale() -> list[nn.Module]:
    return [Times(1.0, 0.2, UP_TO_SCALE), Times(0.5, 0.9, UP_TO_SCALE), Times(1.5, 0.1, UP_TO_SCALE)]


def test_a_pixel_without_depth_has_no_score():
    members = [At(torch.tensor(d)) for d in ([1.0, math.inf, math.inf], [2.0, 3.0, math.nan], [3.0, 5.0, 7.0])]
    estimate = Ensemble(members, "depth").estimate(row(0.0, 0.0, 0.0))
    assert estimate.valid.flatten().tolist() == [True, True, False]
    assert estimate.depth.flatten().tolist() == [2.0, 4.0, 7.0]


def made(judged: nn.Module, networks: dict[str, nn.Module], **options: Any) -> Ensemble:
    settings = EnsembleSettings(checkpoints=[*networks], **options)
    return ensemble(settings, Parts(judged, network=networks.__getitem__))


def test_the_judged_network_is_a_member_if_its_weights_are_named():
    judged, copy, other = Times(2.0), Times(2.0), Times(4.0)
    found = made(judged, {"b": other, "a": copy}, space="depth")
    assert found.members == [judged, other]
    assert found.notes == ("members: 'a' is the network that is judged, which is asked once",)
    with shared_passes() as passes:
        found.estimate(image := row(1.0))
        made(judged, {"a": copy, "b": other}).estimate(image)
    assert (judged.asked, other.asked, copy.asked) == (1, 1, 0)
    assert passes.reused == 2


def test_a_judged_network_that_is_not_named_does_not_count():
    judged, members = Times(100.0), {"a": Times(1.0), "b": Times(3.0)}
    found = made(judged, members, space="depth")
    assert found.estimate(row(1.0)).depth.item() == 2.0
    assert judged.asked == 0
    assert "none is the one that is judged" in found.notes[0]


@pytest.mark.parametrize(
    ("networks", "options", "part"),
    [
        ({}, {}, "no member is named; give checkpoints="),
        ({"a": Times(1.0)}, {}, "1 member (a): an ensemble needs at least two"),
        ({"a": Times(1.0), "b": Times(1.0)}, {}, "'b' and 'a' hold the same weights"),
        (
            {"a": Times(1.0), "b": Times(2.0, space=UP_TO_SCALE)},
            {},
            "'b' gives depth [arbitrary (up to scale)], but the judged network depth [m];",
        ),
        ({"a": Times(1.0), "b": Times(2.0, size=(8, 9))}, {}, "'b' was trained on 8x9, but the judged network on 4x6"),
        ({"a": Times(1.0), "b": Times(2.0)}, {"manifest": "x"}, "checkpoints and manifest both"),
        ({}, {"manifest": "/nowhere"}, "manifest '/nowhere' does not exist"),
        ({"a": Times(1.0), "b": Times(2.0)}, {"last": 2}, "last=2 is about the networks of a manifest"),
        ({"a": Times(1.0), "b": Times(2.0)}, {"space": "metres"}, "unknown space 'metres'"),
    ],
)
def test_mistakes(networks, options, part):
    with pytest.raises(InputError) as error:
        made(Times(1.0, size=(4, 6)), networks, **options)
    assert part in str(error.value)


def test_the_last_networks_of_a_manifest(tmp_path):
    write_manifest(tmp_path / SNAPSHOTS, {}, [{"path": f"{name}.ckpt", "finished": name != "d"} for name in "abcd"])
    networks = {
        str(tmp_path / f"{name}.ckpt"): Times(factor) for name, factor in zip("abc", (1.0, 2.0, 6.0), strict=True)
    }
    settings = EnsembleSettings(manifest=str(tmp_path), last=2, space="depth")
    found = ensemble(settings, Parts(networks[str(tmp_path / "b.ckpt")], network=networks.__getitem__))
    assert found.estimate(row(1.0)).depth.item() == 4.0
    assert found.notes[-1] == "manifest: 3 of 4 members; not trained yet: d.ckpt"
    settings.last = 9
    found = ensemble(settings, Parts(networks[str(tmp_path / "b.ckpt")], network=networks.__getitem__))
    assert found.estimate(row(1.0)).depth.item() == 3.0
    assert found.notes[-1] == "last=9: the manifest has 3 trained networks, which are all taken"


def test_a_manifest_of_one_trained_network(tmp_path):
    write_manifest(tmp_path / ENSEMBLE, {}, [{"path": name, "finished": name == "a"} for name in "abc"])
    with pytest.raises(
        InputError, match=r"ensemble.json' has 1 trained networks of 3, .* two; go on with the training"
    ):
        ensemble(EnsembleSettings(manifest=str(tmp_path)), Parts(Times(1.0)))


def test_members_that_do_not_fit_are_counted_in_python():
    with pytest.raises(InputError, match="member 3 gives disparity"):
        Ensemble([Times(1.0), Times(2.0), Times(3.0, space=OutputSpace("disparity", "metric"))])
    with pytest.raises(InputError, match="1 member: an ensemble needs at least two"):
        Ensemble([Times(1.0)])


def test_networks_are_loaded_once_for_several_ensembles(tmp_path):
    paths = [str(export_model(tiny_model(seed=seed), tmp_path / str(seed))) for seed in (1, 2)]
    options = {space: EnsembleSettings(checkpoints=paths, space=space) for space in ("depth", "disparity")}
    depth, disparity = build_estimators(options, tiny_model()).values()
    assert isinstance(depth, Ensemble)
    assert isinstance(disparity, Ensemble)
    assert all(one is other for one, other in zip(depth.members, disparity.members, strict=True))
    assert depth.estimate(random_images()).valid.all()


def test_members_follow_the_images_to_another_device(monkeypatch):
    """A trainer moves the network that is judged alone, and estimates in inference mode."""
    moved: list[tuple[torch.device, bool]] = []
    monkeypatch.setattr(
        "gradunc.uncertainty.empirical.ensemble.device_of", lambda one: torch.device("meta" if one is far else "cpu")
    )

    class Moving(Times):
        def to(self, device: torch.device) -> nn.Module:
            moved.append((device, torch.is_inference_mode_enabled()))
            return self

    near, far = Moving(1.0), Moving(2.0)
    with torch.inference_mode():
        Ensemble([near, far]).estimate(row(1.0))
    assert moved == [(torch.device("cpu"), False)]


def test_descriptions_tell_members_apart():
    one, two = (Ensemble([Times(1.0), Times(factor)]).description() for factor in (2.0, 3.0))
    assert one != two
    assert one == Ensemble([Times(1.0), Times(2.0)]).description()
