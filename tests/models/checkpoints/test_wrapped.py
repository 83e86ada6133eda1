"""Weights of networks inside DDP, `torch.compile` or a larger module, and with a mapping around them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradunc import OutputSpace, adapt
from gradunc.errors import InputError
from gradunc.models import DepthModel, load_model
from gradunc.models.checkpoints.state_dict import unwrapped
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.models.pose.network import PoseNetwork
from tests.helpers import random_images, tiny_model
from tests.models import published
from tests.models.checkpoints.helpers import depth_by, fake_rt, lightning_checkpoint

Content = dict[str, Any]
PREFIXES = ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."]
AROUND: dict[str, Callable[[Content], Content]] = {
    "nothing": lambda content: content,
    "state_dict": lambda content: {"state_dict": content, "epoch": 3, "optimizer": {"state": {}, "lr": 0.1}},
    "twice": lambda content: {"model": {"state_dict": content}, "args": {"lr": 0.1}},
    "optimiser": lambda content: {"model": content, "optimizer": {"state": {0: {"exp_avg": torch.zeros(1)}}}},
    "beside": lambda content: {
        "state_dict": {key: value for key, value in content.items() if isinstance(value, torch.Tensor)},
        **{key: value for key, value in content.items() if not isinstance(value, torch.Tensor)},
    },
    "average": lambda content: {"state_dict": {key: torch.zeros(1) for key in content}, "ema": content},
    "average of a model": lambda content: {"model": {key: torch.zeros(1) for key in content}, "model_ema": content},
}


def prefixed(content: Content, prefix: str) -> Content:
    return {prefix + key: value for key, value in content.items()}


@pytest.mark.parametrize(
    ("prefix", "around"), [*((one, "state_dict") for one in (*PREFIXES, "net.")), *(("module.", one) for one in AROUND)]
)
def test_published_pairs(prefix: str, around: str, tmp_path: Path) -> None:
    encoder, decoder = published.rt_weights()
    plain = load_model(fake_rt(tmp_path / "plain", height=64, width=96))
    wrap = AROUND[around]
    encoder = wrap({**prefixed(encoder, prefix), "height": 64, "width": 96})
    model = load_model(published.write(tmp_path, encoder, wrap(prefixed(decoder, prefix))))
    assert model.size == (64, 96)
    assert torch.equal(depth_by(model, random_images()), depth_by(plain, random_images()))


@pytest.mark.parametrize("prefix", ["module._orig_mod.encoder.", "model."])
def test_a_published_resnet(prefix: str, tmp_path: Path) -> None:
    """Its own keys begin alike, too: encoder. and decoder."""
    encoder, decoder = published.monodepth2_encoder(), published.monodepth2_decoder()
    plain = load_model(published.write(tmp_path / "plain", encoder, decoder))
    if prefix.endswith("encoder."):
        prefix = prefix.removesuffix("encoder.")
        encoder = {"encoder._orig_mod." + key.removeprefix("encoder."): value for key, value in encoder.items()}
    model = load_model(published.write(tmp_path, prefixed(encoder, prefix), prefixed(decoder, prefix)))
    assert torch.equal(depth_by(model, random_images()), depth_by(plain, random_images()))


@pytest.mark.parametrize("inside", ["", "_orig_mod."])
@pytest.mark.parametrize("prefix", ["", *PREFIXES[1:3]])
def test_checkpoints_of_train_py(prefix: str, inside: str, tmp_path: Path) -> None:
    """Wrapped as a whole, or the network in it."""
    model = tiny_model()
    path = lightning_checkpoint(tmp_path / "a.ckpt", model)
    checkpoint = torch.load(path, weights_only=True)
    pose = PoseNetwork("lcnet_050", Pretrained(), (64, 96)).eval()
    weights = checkpoint["state_dict"] | {f"pose_network.{key}": value for key, value in pose.state_dict().items()}
    for name in ("depth_model.", "pose_network."):
        weights = {key.replace(name, f"{prefix}{name}{inside}", 1): value for key, value in weights.items()}
    checkpoint["gradunc"]["config"] = {"objective": {"pose_encoder": "lcnet_050"}}
    torch.save(checkpoint | {"state_dict": weights}, path)
    assert torch.equal(depth_by(load_model(path), random_images()), depth_by(model, random_images()))
    found, size = load_pose_network(path)
    assert size == (64, 96)
    assert all(torch.equal(value, pose.state_dict()[key]) for key, value in found.state_dict().items())


def test_a_network_whose_own_part_is_called_module(tmp_path: Path) -> None:
    """An adapted network has `module.` in all its keys; a compiled one is filled by a plain one's weights."""

    def made(compiled: bool) -> DepthModel:
        net = nn.Sequential(nn.Conv2d(3, 1, 1))
        inner = torch.compile(net) if compiled else net
        return adapt(inner, torch.exp, OutputSpace(), mean=(0.5,) * 3, std=(0.25,) * 3)

    plain, compiled = made(False), made(True)
    path = lightning_checkpoint(tmp_path / "a.ckpt", plain)
    load_model(path, module=compiled)
    assert torch.equal(next(compiled.parameters()), next(plain.parameters()))
    assert any("_orig_mod" in key for key in compiled.state_dict())


def test_keys_that_become_the_same_are_not_guessed(tmp_path: Path) -> None:
    encoder, decoder = published.rt_weights()
    folder = published.write(tmp_path, encoder | {"module.conv1.weight": encoder["conv1.weight"] + 1}, decoder)
    with pytest.raises(InputError, match=r"left over: encoder\.module\.conv1\.weight"):
        load_model(folder)


def test_counters_of_batch_normalisation_may_be_missing(tmp_path: Path) -> None:
    """As PyTorch allows it; other buffers may not."""
    whole, decoder = published.monodepth2_encoder(), published.monodepth2_decoder()
    plain = load_model(published.write(tmp_path, whole, decoder))
    encoder = {key: value for key, value in whole.items() if not key.endswith("num_batches_tracked")}
    assert len(encoder) < len(whole)
    model = load_model(published.write(tmp_path, encoder, decoder))
    assert torch.equal(depth_by(model, random_images()), depth_by(plain, random_images()))
    encoder = {key: value for key, value in whole.items() if not key.endswith("bn1.running_mean")}
    with pytest.raises(InputError, match=r"missing: encoder\.backbone\.bn1\.running_mean"):
        load_model(published.write(tmp_path, encoder, decoder))


@pytest.mark.parametrize(
    ("height", "width"),
    [
        (np.int64(64), np.int32(96)),
        (np.float32(64), np.uint16(96)),
        (torch.tensor(64), torch.tensor([96.0])),
        (64.0, 96),
    ],
    ids=["int", "float", "tensors", "plain"],
)
def test_sizes_as_numbers_of_numpy(height: Any, width: Any, tmp_path: Path) -> None:
    assert load_model(fake_rt(tmp_path, height=height, width=width)).size == (64, 96)


@pytest.mark.parametrize(
    "height", [64.5, "64", True, None, [64], torch.zeros(2), float("nan"), float("inf"), 0, -64, 10**9]
)
def test_sizes_that_are_none(height: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"which is no number of pixels|must be \[height, width\] in pixels"):
        load_model(fake_rt(tmp_path, height=height))


def test_of_twins_the_averaged_weights_are_taken_and_it_is_said() -> None:
    first, second = {"a": torch.zeros(1)}, {"a": torch.ones(1)}
    with pytest.warns(UserWarning, match=r"holds its weights twice \(model, ema\); the averaged ones are taken, ema"):
        assert unwrapped({"model": first, "ema": second})["a"].item() == 1
    # Weights of something else are no twins: which ones are meant, nobody knows.
    assert "a" not in unwrapped({"model": first, "ema": {"b": torch.ones(1)}})
