"""Training that starts from a trained network."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gradunc.errors import InputError
from gradunc.models import Monodepth2Settings, RTMonoDepthSSettings, export_model, load_model, start_model, start_pose
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.network import PoseNetwork
from tests.helpers import DATA, random_images, tiny_model, tiny_settings
from tests.models.published import monodepth2_decoder, monodepth2_encoder

RT = DATA / "rt_monodepth_s"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_model(tiny_model(3, mean=[0.4, 0.5, 0.6]), tmp_path_factory.mktemp("export"))


def test_the_same_depth_and_settings_that_can_be_stored(export):
    image, trained = random_images(2), load_model(export)
    model = start_model(tiny_settings(weights=str(export), pretrained="true", initial_depth=7.0)).eval()
    assert torch.equal(model(image).depth, trained(image).depth)
    assert model.settings == replace(trained.settings, pretrained="false")
    assert model.settings.mean == [0.4, 0.5, 0.6], "the input is normalised as it was"


def test_without_weights_it_is_new():
    torch.manual_seed(0)
    model = start_model(tiny_settings(initial_depth=7.0)).eval()
    assert float(model(torch.zeros(1, 3, 64, 96)).depth.mean().detach()) == pytest.approx(7.0, rel=0.2)


def test_another_size_and_another_unit(export):
    """Depth in another unit is the same depth: a network trained on video, told that its unit is 30 m."""
    trained = load_model(export).eval()
    settings = tiny_settings(weights=str(export), size=[96, 64], min_depth=3.0, max_depth=3000.0, ambiguity="metric")
    model = start_model(settings).eval()
    image = random_images(1, 96, 64)
    torch.testing.assert_close(model(image).depth, 30 * trained(image).depth)
    assert model.output_space.ambiguity == "metric"
    assert model.size == (96, 64)


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"decoder_channels": [8, 8, 8, 8, 16]}, "model.decoder_channels=[8,8,8,8,8]"),
        ({"encoder": "resnet18"}, "model.encoder=lcnet_050"),
        ({"encoder": "lcnet_075"}, "model.encoder=lcnet_050"),
        ({"head": "depth"}, "model.head=disparity"),
        ({"max_depth": 80.0}, "model.min_depth=0.1 model.max_depth=100.0"),
        ({"mean": [0.1, 0.5, 0.6], "encoder": "resnet18"}, "model.encoder=lcnet_050 model.mean=[0.4,0.5,0.6]"),
    ],
)
def test_another_network_names_the_keys_to_set(export, change, keys):
    with pytest.raises(InputError) as error:
        start_model(tiny_settings(weights=str(export), **change))
    assert str(error.value) == f"model.weights={export} is another network than the one asked for; set {keys}"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, {"uncertainty_head": "laplace"}),
        ({"uncertainty_head": "laplace"}, {"uncertainty_head": "evidential"}),
        ({"uncertainty_head": "laplace"}, {"uncertainty_head": "laplace", "uncertainty_quantity": "log_depth"}),
        ({"uncertainty_head": "photometric"}, {}),
    ],
)
def test_another_uncertainty_head_begins_anew(tmp_path, before, now):
    trained = tiny_model(**before)
    settings = tiny_settings(weights=str(export_model(trained, tmp_path / "trained")), **now)
    told = pytest.warns(UserWarning, match=r"the uncertainty head \(\w+\) begins anew") if now else nullcontext()
    with told:
        model = start_model(settings).eval()
    assert model.own_uncertainty == settings.own_uncertainty
    image = random_images(1, 96, 64)
    torch.testing.assert_close(model(image).depth, trained.eval()(image).depth)


def test_the_same_uncertainty_head_goes_on(tmp_path):
    trained = tiny_model(uncertainty_head="laplace")
    model = start_model(tiny_settings(weights=str(export_model(trained, tmp_path / "t")), uncertainty_head="laplace"))
    image = random_images(1, 96, 64)
    torch.testing.assert_close(model.eval()(image).log_scale, trained.eval()(image).log_scale)


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match=r"^model\.weights: checkpoint '.*nowhere' does not exist"):
        start_model(tiny_settings(weights=str(tmp_path / "nowhere")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"^model\.weights: .* holds no model"):
        start_model(tiny_settings(weights=str(tmp_path / "empty")))


@pytest.mark.parametrize("head", ["disparity", "depth"])
def test_a_published_folder_with_the_head_that_was_asked_for(tmp_path, head):
    torch.save({**monodepth2_encoder(), "height": 64, "width": 96}, tmp_path / "encoder.pth")
    torch.save(monodepth2_decoder(), tmp_path / "depth.pth")
    model = start_model(Monodepth2Settings(head=head, size=[64, 96], weights=str(tmp_path))).eval()
    image = random_images()
    assert torch.equal(model(image).depth, load_model(tmp_path, head=head)(image).depth)
    assert model.settings.mean == [0.45] * 3


@pytest.mark.skipif(not RT.is_dir(), reason=f"no RT-MonoDepth-S weights in {DATA}")
def test_published_weights():
    settings = RTMonoDepthSSettings(weights=str(RT))
    image = random_images(1, 96, 128)
    assert torch.equal(start_model(settings).eval()(image).depth, load_model(RT)(image).depth)


def pose_checkpoint(path: Path, network: PoseNetwork, encoder: str = "lcnet_050") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {f"pose_network.{key}": value for key, value in network.state_dict().items()}
    settings = {"model": {"size": [64, 96]}, "config": {"objective": {"pose_encoder": encoder}}}
    torch.save({"state_dict": weights, "gradunc": settings}, path)
    return path


def pose_network(seed: int, encoder: str = "lcnet_050") -> PoseNetwork:
    torch.manual_seed(seed)
    return PoseNetwork(encoder, Pretrained(), (64, 96)).eval()


def test_a_pose_network_goes_on_from_the_best_of_a_run_or_from_a_file(tmp_path):
    pair = random_images(1, seed=1), random_images(1, seed=2)
    best, last = pose_network(1), pose_network(2)
    run = tmp_path / "run"
    pose_checkpoint(run / "checkpoints/last.ckpt", last)
    file = pose_checkpoint(run / "checkpoints/best-003.ckpt", best)
    for source, expected in ((file, best), (run, best)):
        network = pose_network(3)
        start_pose(network, str(source))
        assert all(torch.equal(a, b) for a, b in zip(network(*pair), expected(*pair), strict=True))
    file.unlink()
    start_pose(network, str(run))
    assert torch.equal(network(*pair)[0], last(*pair)[0])


def test_pose_weights_that_are_none(tmp_path, export):
    other = pose_checkpoint(tmp_path / "other.ckpt", pose_network(0, "resnet18"), "resnet18")
    torch.save({"state_dict": {"depth_model.a": torch.zeros(1)}}, tmp_path / "stereo.ckpt")
    for source, message in (
        (tmp_path / "nowhere", "is neither a .ckpt file nor a run folder"),
        (export, "is neither a .ckpt file nor a run folder"),
        (tmp_path / "stereo.ckpt", "holds no pose network"),
        (other, "another backbone; set objective.pose_encoder"),
    ):
        with pytest.raises(InputError, match=message):
            start_pose(pose_network(0), str(source))


def test_a_range_that_is_not_stated_is_that_of_the_trained_network(tmp_path):
    export = export_model(tiny_model(min_depth=0.5, max_depth=20.0), tmp_path)
    assert start_model(tiny_settings(weights=str(export))).settings.depth_range == (0.5, 20.0)
    with pytest.raises(InputError, match=r"set model\.min_depth=0\.5 model\.max_depth=20\.0"):
        start_model(tiny_settings(weights=str(export), min_depth=1.0))
    assert start_model(tiny_settings()).settings.depth_range == (0.1, 100.0)
