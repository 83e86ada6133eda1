"""Damaged, wrong and malicious weight files, exports and published pairs."""

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import torch

from gradunc.models import load_model
from gradunc.models.pose.checkpoint import load_pose_network
from tests.attack.case import each
from tests.attack.damage import damage

WEIRD: tuple[Any, ...] = (
    *(None, 5, -1, 0, 1.5, "x", "../../x", [], {}, [1], {"a": 1}, True, float("nan"), 10**30, "hf-hub:evil/x", [[1]]),
    *(
        "local-dir:/tmp",
        "resnet18.a1_in1k",
        "vit_tiny_patch16_224",
        "\x00",
        "a" * 300,
        [10**6] * 5,
        [1e9, 1e9],
        ["a"] * 5,
    ),
    *([2**62] * 5, [0] * 5, [4.5] * 5, [-1, -1], [10**5, 10**5], 2**62, -(2**62)),
)


def _tensors(like: Any) -> list[Any]:
    """What may stand where a weight is expected."""
    number = isinstance(like, torch.Tensor) and like.is_floating_point()
    return [
        torch.zeros(1).to_sparse(),
        torch.zeros(2, dtype=torch.complex64),
        torch.full_like(like, float("nan")) if number else 3,
        torch.empty(3, device="meta"),
        torch.zeros(3, dtype=torch.int64),
        torch.nn.Parameter(torch.zeros(2)),
        torch.zeros(1).expand(10**12),
    ]


class _Runs:
    """A pickle that runs a program when it is loaded without care."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch PWNED",)


class _Evaluates:
    """The same with a piece of Python."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("open('PWNED', 'w')",)


def _damaged(folder: Path, random: Random, networks: Path) -> Path:
    path = Path(shutil.copy(networks / random.choice(["a.ckpt", "a.ckpt", "old_format.pth"]), folder))
    damage(path, random)
    return path


def _malicious(folder: Path, random: Random, networks: Path) -> Path:
    path, evil = folder / "a.ckpt", random.choice([_Runs(), _Evaluates()])
    wrapped = {"gradunc": {"schema": 1, "model": {}}, "state_dict": {"depth_model.x": evil}}
    content = random.choice([evil, {"gradunc": evil, "state_dict": {}}, wrapped])
    if random.random() < 0.5:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=random.randrange(6)))
    return path


def _other_structure(folder: Path, random: Random, networks: Path) -> Path:
    content = torch.load(networks / "a.ckpt", weights_only=True)
    where = random.randrange(6)
    if where <= 1:
        model = content["gradunc"]["model"]
        model[random.choice(sorted(model))] = random.choice(WEIRD)
    elif where == 2:
        content[random.choice(["gradunc", "state_dict"])] = random.choice(WEIRD)
    elif where == 3:
        content["gradunc"][random.choice(sorted(content["gradunc"]))] = random.choice(WEIRD)
    elif where == 4:
        key = random.choice(sorted(content["state_dict"]))
        content["state_dict"][key] = random.choice([*WEIRD, *_tensors(content["state_dict"][key])])
    else:
        key = random.choice([1, None, "depth_model.", ("a",), "depth_model.x"])
        content["state_dict"] = {key: random.choice([torch.zeros(1), 1, None])}
    torch.save(content, folder / "a.ckpt")
    return folder / "a.ckpt"


def _damaged_export(folder: Path, random: Random, networks: Path) -> Path:
    path = Path(shutil.copytree(networks / "export", folder / "export"))
    damage(path / random.choice(["config.json", "model.safetensors"]), random)
    return path


def _other_export(folder: Path, random: Random, networks: Path) -> Path:
    path = Path(shutil.copytree(networks / "export", folder / "export"))
    content = json.loads((path / "config.json").read_text())
    place = content["model"] if random.random() < 0.7 else content
    place[random.choice(sorted(place))] = random.choice(WEIRD)
    (path / "config.json").write_text(json.dumps(content))
    return path


def _wild_header(folder: Path, random: Random, networks: Path) -> Path:
    path = Path(shutil.copytree(networks / "export", folder / "export"))
    tensor = {
        "dtype": random.choice(["F32", "F8_E4M3", "X", "BOOL", "U64"]),
        "shape": random.choice([[1], [2**40], [-1], [2**62, 4], "x", []]),
        "data_offsets": random.choice([[0, 4], [0, 2**50], [4, 0], [0]]),
    }
    header = json.dumps({"a": tensor, "../../x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    length = random.choice([len(header), 2**60, 0, len(header) - 3])
    (path / "model.safetensors").write_bytes(struct.pack("<Q", length) + header + b"\0" * 8)
    return path


def _published(folder: Path, random: Random, networks: Path) -> Path:
    encoder = {
        "encoder.conv1.weight": random.choice([torch.zeros(64, 3, 7, 7), 1, None]),
        "height": random.choice(WEIRD),
        "width": random.choice(WEIRD),
        "encoder.bn1.weight": torch.zeros(64),
        "encoder.layer1.0.conv1.weight": torch.zeros(2),
    }
    torch.save(encoder, folder / "encoder.pth")
    weight = random.choice([torch.zeros(2, 2, 3, 3), 3, None])
    torch.save({"decoder.0.conv.conv.weight": weight, 3: 4}, folder / "depth.pth")
    if random.random() < 0.4:
        damage(folder / random.choice(["encoder.pth", "depth.pth"]), random)
    return folder


MAKERS: tuple[Callable[[Path, Random, Path], Path], ...] = (
    *(_damaged, _damaged, _malicious, _other_structure, _other_structure, _other_structure),
    *(_damaged_export, _other_export, _wild_header, _published),
)


def trial(folder: Path, random: Random, originals: Path) -> None:
    """Load the depth network and the pose network."""
    path = random.choice(MAKERS)(folder, random, originals / "networks")
    each(lambda: load_model(path), lambda: load_pose_network(path))
