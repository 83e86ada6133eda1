"""Files that would wait for ever, unpack without end, or build networks of any size."""

import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gradunc.errors import InputError
from gradunc.models import export_model, load_model
from gradunc.models.checkpoints.typed import typed
from gradunc.models.checkpoints.weight_files import read_weight_file
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.types import OutputSpace
from tests.helpers import tiny_model, tiny_settings
from tests.models.checkpoints.helpers import fake_rt, lightning_checkpoint


def plant(kind: str, path: Path) -> None:
    path.unlink(missing_ok=True)
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to(path.name)


@pytest.mark.parametrize("kind", ["FIFO", "device", "endless link"])
@pytest.mark.parametrize(
    "place", ["checkpoint", "pose", "encoder.pth", "depth.pth", "model.safetensors", "config.json"]
)
def test_what_is_no_regular_file_is_not_opened(kind: str, place: str, tmp_path: Path) -> None:
    if place in ("checkpoint", "pose"):
        path = tmp_path / "a.ckpt"
    else:
        path = fake_rt(tmp_path / "x") if place.endswith(".pth") else export_model(tiny_model(), tmp_path / "x")
    plant(kind, path / place if path.is_dir() else path)
    with pytest.raises(InputError) as error:
        (load_pose_network if place == "pose" else load_model)(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_encoder_weights_are_read_with_the_same_care(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"encoder{suffix}"
    path.write_bytes(b"\x80\x02.")
    with pytest.raises(InputError, match="is no readable weight file"):
        TimmEncoder("lcnet_050", Pretrained(file=path), (64, 96))
    plant("FIFO", path)
    with pytest.raises(InputError, match="is a FIFO"):
        TimmEncoder("lcnet_050", Pretrained(file=path), (64, 96))


def test_a_compressed_archive_is_refused_unread(tmp_path: Path) -> None:
    """A file of 100 kB that is 100 MB of zeros."""
    torch.save({"a": torch.zeros(25_000_000)}, tmp_path / "large.pth")
    with zipfile.ZipFile(tmp_path / "large.pth") as whole, zipfile.ZipFile(tmp_path / "a.ckpt", "w") as bomb:
        for entry in whole.infolist():
            bomb.writestr(entry.filename, whole.read(entry), zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match=r"bytes unpack to 1000\d+; save it anew"):
        read_weight_file(tmp_path / "a.ckpt")
    assert read_weight_file(tmp_path / "large.pth")["a"].numel() == 25_000_000


@pytest.mark.parametrize("length", [2**20, 2**40, 2**64 - 1])
def test_a_header_of_a_wild_size(length: int, tmp_path: Path) -> None:
    folder = export_model(tiny_model(), tmp_path)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", length) + b"{}")
    with pytest.raises(InputError, match="is no readable export"):
        load_model(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"encoder": "vit_giant_patch14_dinov2"},
        {"decoder_channels": [16384] * 5},
        {"encoder": "beit_base_patch16_224", "size": [16384, 16384]},
    ],
    ids=str,
)
def test_a_network_that_the_weights_do_not_fit_is_never_made(
    change: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 4 GB to some thousand: only its shapes are computed."""
    folder = export_model(tiny_model(), tmp_path)
    described = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**described, "model": described["model"] | change}))
    made = []
    initialise = torch.nn.Conv2d.reset_parameters
    monkeypatch.setattr(
        torch.nn.Conv2d, "reset_parameters", lambda self: (made.append(self.weight.device.type), initialise(self))
    )
    with pytest.raises(InputError, match="does not fit monodepth2: "):
        load_model(folder)
    assert set(made) == {"meta"}


def test_what_is_no_plain_value_is_named(tmp_path: Path) -> None:
    """And not called truncated."""
    torch.save({"state_dict": {}, "mean": np.random.default_rng()}, tmp_path / "a.ckpt")
    with pytest.raises(InputError, match=r"holds a 'numpy\.random\._pickle\.__generator_ctor', and only tensors"):
        load_model(tmp_path / "a.ckpt")


def test_numbers_of_numpy_are_plain_ones(tmp_path: Path) -> None:
    kinds = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
    kinds += ["float16", "float32", "float64", "bool"]
    stored = {kind: np.dtype(kind).type(1) for kind in kinds} | {"big": np.dtype(">i4").type(258), "less": np.int64(-3)}
    torch.save(stored, tmp_path / "a.pth")
    found = read_weight_file(tmp_path / "a.pth")
    assert found == dict.fromkeys(kinds, 1) | {"big": 258, "less": -3}
    assert {type(value) for value in found.values()} == {int, float, bool}


def test_arrays_of_numpy_stay_unread(tmp_path: Path) -> None:
    """Counts of a training program do no harm; in the place of a weight they are refused."""
    torch.save({"steps": np.zeros(9, np.int32), "best": np.ones((2, 3))}, tmp_path / "a.pth")
    assert {type(value).__name__ for value in read_weight_file(tmp_path / "a.pth").values()} == {"NumpyArray"}
    path = lightning_checkpoint(tmp_path / "b.ckpt", tiny_model())
    content = torch.load(path, weights_only=False)
    key = next(iter(content["state_dict"]))
    torch.save({**content, "state_dict": {**content["state_dict"], key: np.zeros(3)}}, path)
    with pytest.raises(InputError, match=r"its weight '[\w.]+' is a NumpyArray, not a tensor"):
        load_model(path)


def test_weights_that_are_not_finite_are_said_once(tmp_path: Path) -> None:
    model = tiny_model()
    with torch.no_grad():
        model.decoder.heads[0].bias.fill_(torch.inf)
    path = lightning_checkpoint(tmp_path / "a.ckpt", model)
    with pytest.warns(
        UserWarning, match=r"1 of the \d+ tensors of monodepth2 .* first 'decoder\.heads\.0\.bias'"
    ) as said:
        load_model(path)
    assert len(said) == 1
    assert "\n" not in str(said[0].message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": 5}, "encoder=5 must be a text of one line"),
        ({"size": [64, True]}, r"size=\[64, True\] must be a list, each of it a whole number"),
        ({"min_depth": "near"}, "min_depth='near' must be a number"),
        ({"max_depth": float("inf")}, "max_depth=inf must be a number"),
        ({"uncertainty_head": 1}, "uncertainty_head=1 must be a text of one line, or null"),
        ({"uncertainty_head": "laplac"}, "uncertainty_head='laplac' must be one of none, laplace"),
        ({"mean": [0.5, None, 0.5]}, "must be a list, each of it a number, or null"),
        ({"ambiguity": "none"}, "ambiguity='none' must be"),
        ({"size": [64, 10**6]}, "in pixels, at most 16384"),
        ({"std": [0.2, 0.0, 0.2]}, "must be three numbers"),
    ],
)
def test_values_of_another_type(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = lightning_checkpoint(tmp_path / "a.ckpt", tiny_model())
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["gradunc"]["model"] |= change
    torch.save(checkpoint, path)
    with pytest.raises(InputError, match=message) as error:
        load_model(path)
    assert str(path) in str(error.value)


def test_typed_values() -> None:
    settings = typed(type(tiny_settings()), {"size": [1, 2], "min_depth": 1, "initial_depth": None}, "a file")
    assert (settings.size, settings.min_depth, settings.initial_depth) == ([1, 2], 1, None)
    assert typed(OutputSpace, {"quantity": "disparity"}, "a file") == OutputSpace("disparity")
    with pytest.raises(InputError, match="a file: its setting quantity='wings' must be 'depth' or 'disparity'"):
        typed(OutputSpace, {"quantity": "wings"}, "a file")
    with pytest.raises(InputError, match=r"a file does not describe a model: .*'wings'"):
        typed(OutputSpace, {"wings": 2}, "a file")
