from dataclasses import replace

import pytest
import torch

from gradunc.assembly import build_training
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.models import build_model
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.models.pose.network import PoseNetwork
from gradunc.models.pose.unit import motion_unit
from gradunc.models.start import start_pose
from tests.helpers import random_images
from tests.models.test_start import pose_checkpoint
from tests.training.helpers import TINY, tiny_model


def network(unit: float = 1.0) -> PoseNetwork:
    torch.manual_seed(0)
    return PoseNetwork("lcnet_050", Pretrained(), (64, 96), unit=unit).eval()


@torch.inference_mode()
def motion(net: PoseNetwork) -> torch.Tensor:
    return torch.cat(net(random_images(), random_images(seed=1)), 1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("changes", "unit"),
    [({}, 1.0), ({"initial_depth": 12.0}, 60.0), ({"initial_depth": 2.0, "min_depth": 1.0, "max_depth": 10.0}, 10.0)],
)
def test_the_unit_is_the_start_depth_over_a_fifth(seed, changes, unit):
    model = tiny_model(seed, **changes)
    assert motion_unit(model) == unit
    assert model.training


def test_the_unit_of_trained_depth_is_what_it_says_of_a_grey_image():
    """A head without weights says half of its range everywhere: 20 m, a hundred times 0.2."""
    model = build_model(replace(TINY, head="sigmoid_depth", max_depth=40.0))
    for name, weights in model.named_parameters():
        if "heads" in name:
            torch.nn.init.zeros_(weights)
    assert motion_unit(model.eval()) == 100.0
    assert not model.training


def test_translations_are_multiplied_and_rotations_are_not():
    one, sixty = motion(network()), motion(network(60.0))
    torch.testing.assert_close(sixty, one * torch.tensor([1.0, 1, 1, 60, 60, 60]))


def test_the_unit_travels_with_the_weights_and_is_1_in_those_without(tmp_path):
    plain, sixty = network(), network(60.0)
    assert "unit" not in plain.state_dict()
    file = pose_checkpoint(tmp_path / "sixty.ckpt", sixty)
    started = network()
    start_pose(started, str(file))
    resumed = network(3.0)
    resumed.load_state_dict(sixty.state_dict())
    for other in (load_pose_network(file)[0], started, resumed):
        assert torch.equal(motion(other), motion(sixty))
    resumed.load_state_dict(plain.state_dict())
    start_pose(started, str(pose_checkpoint(tmp_path / "plain.ckpt", plain)))
    for other in (resumed, started):
        assert torch.equal(motion(other), motion(plain))
        assert "unit" not in other.state_dict()


@pytest.mark.parametrize(("start", "unit"), [("null", 1.0), ("12", 60.0)])
def test_a_training_gives_its_new_pose_network_the_unit_of_its_depth(start, unit):
    assert unit_of(f"model.initial_depth={start}") == unit


def test_a_trained_pose_network_keeps_its_own(tmp_path):
    file = pose_checkpoint(tmp_path / "plain.ckpt", network())
    assert unit_of("model.initial_depth=12", f"objective.pose_weights={file}") == 1.0


def unit_of(*changes: str) -> float:
    """The unit in a training of this configuration."""
    lines = [
        "objective=mono",
        "objective.pose_encoder=lcnet_050",
        "data=synthetic",
        "model=lcnet",
        "model.size=[64,96]",
        "model.decoder_channels=[8,8,8,8,8]",
        *changes,
    ]
    pose = build_training(load(TrainConfig, TRAIN_GROUPS, parse(lines, TRAIN_GROUPS))).pose_network
    assert isinstance(pose, PoseNetwork)
    return float(pose.unit)
