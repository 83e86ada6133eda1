"""Pose networks in Monodepth2's files (shared checkpoints.md 1), against torchvision and plain convolutions."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
import torchvision

from gradunc.errors import InputError
from gradunc.models import start_pose
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.models.pose.network import PoseNetwork
from tests.helpers import random_images
from tests.models.published import Weights, conv, monodepth2_decoder, monodepth2_encoder, write

PAIR = random_images(2, seed=1), random_images(2, seed=2)


def pose_weights() -> tuple[Weights, Weights]:
    encoder = {**monodepth2_encoder(), "encoder.conv1.weight": conv(64, 6, 7, 1)}
    decoder: Weights = {}
    for i, shape in enumerate(((256, 512, 1), (256, 256, 3), (256, 256, 3), (12, 256, 1))):
        decoder[f"net.{i}.weight"] = 3 * conv(*shape, seed=10 + i)
        decoder[f"net.{i}.bias"] = torch.linspace(-0.1, 0.1, shape[0])
    return encoder, decoder


def write_pose(folder: Path, encoder: Weights, decoder: Weights) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(encoder, folder / "pose_encoder.pth")
    torch.save(decoder, folder / "pose.pth")
    return folder


def expected_motion(encoder: Weights, decoder: Weights) -> torch.Tensor:
    """(B,12): axis-angle and translation for both frames."""
    network = torchvision.models.resnet18(weights=None).eval()
    network.conv1 = torch.nn.Conv2d(6, 64, 7, 2, 3, bias=False)
    network.load_state_dict({key.removeprefix("encoder."): value for key, value in encoder.items()})
    x = network.maxpool(network.relu(network.bn1(network.conv1((torch.cat(PAIR, 1) - 0.45) / 0.225))))
    x = network.layer4(network.layer3(network.layer2(network.layer1(x))))
    for i, padding in enumerate((0, 1, 1, 0)):
        x = F.conv2d(x if i == 0 else F.relu(x), decoder[f"net.{i}.weight"], decoder[f"net.{i}.bias"], padding=padding)
    return 0.01 * x.mean((2, 3))


def motion(network: PoseNetwork) -> torch.Tensor:
    with torch.inference_mode():
        return torch.cat(network(*PAIR), 1)


def test_published_pose_network(tmp_path, capsys):
    """The motion of the first frame, by the published normalisation; the licence is told."""
    network, size = load_pose_network(write_pose(tmp_path, *pose_weights()))
    with torch.inference_mode():
        expected = expected_motion(*pose_weights())[:, :6]
    assert size == (192, 640)
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(motion(network), expected, rtol=1e-4, atol=1e-7)
    assert "pose network on a resnet18; licence of the weights: " in capsys.readouterr().err


def test_the_size_is_that_of_the_depth_network_beside_it(tmp_path):
    folder = write_pose(tmp_path, *pose_weights())
    write(folder, {**monodepth2_encoder(), "height": 64, "width": 96}, monodepth2_decoder())
    assert load_pose_network(folder)[1] == (64, 96)


def test_a_training_goes_on_with_the_published_normalisation_and_its_checkpoint_too(tmp_path):
    network = PoseNetwork("resnet18", Pretrained(), (64, 96)).eval()
    assert "mean" not in network.state_dict()
    start_pose(network, str(write_pose(tmp_path, *pose_weights())))
    with torch.inference_mode():
        torch.testing.assert_close(motion(network), expected_motion(*pose_weights())[:, :6], rtol=1e-4, atol=1e-7)
    weights = {f"pose_network.{key}": value for key, value in network.state_dict().items()}
    settings = {"model": {"size": [64, 96]}, "config": {"objective": {"pose_encoder": "resnet18"}}}
    torch.save({"state_dict": weights, "gradunc": settings}, tmp_path / "a.ckpt")
    resumed = PoseNetwork("resnet18", Pretrained(), (64, 96)).eval()
    resumed.load_state_dict(network.state_dict())
    for again in (load_pose_network(tmp_path / "a.ckpt")[0], resumed):
        assert torch.equal(motion(again), motion(network))


def test_another_backbone_and_files_that_do_not_fit(tmp_path):
    encoder, decoder = pose_weights()
    folder = write_pose(tmp_path / "a", encoder, decoder)
    with pytest.raises(InputError, match=r"another backbone; set objective\.pose_encoder to"):
        start_pose(PoseNetwork("lcnet_050", Pretrained(), (64, 96)), str(folder))
    without = {key: value for key, value in decoder.items() if key != "net.2.bias"}
    with pytest.raises(InputError, match=r"missing: decoder\.4\.bias"):
        load_pose_network(write_pose(tmp_path / "b", encoder, without))
    (folder / "pose.pth").unlink()
    with pytest.raises(InputError, match=r"pose\.pth"):
        load_pose_network(folder)
