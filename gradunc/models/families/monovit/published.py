"""Published weights of MonoViT (`encoder.pth`, `depth.pth`) under our names. Facts: docs/checkpoints.md."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.models.families.family import Files, Weights
from gradunc.models.families.monovit.settings import STAGES, MonoViTSettings
from gradunc.models.parts.published import as_published, tensors

NODES = (
    *("f4", "f3", "f2", "f1"),
    *("X_00_Conv_0", "X_10_Conv_0", "X_20_Conv_0", "X_30_Conv_0", "X_40_Conv_0"),
    *("X_01_Conv_0", "X_11_Conv_0", "X_21_Conv_0", "X_31_Conv_0"),
    *("X_02_Conv_0", "X_12_Conv_0", "X_22_Conv_0", "X_03_Conv_0", "X_13_Conv_0", "X_04_Conv_0", "X_04_Conv_1"),
    *("X_31_attention", "X_22_attention", "X_13_attention", "X_04_attention"),
    *("X_10_Conv_1", "X_20_Conv_1", "X_30_Conv_1", "X_02_downsample", "X_11_Conv_1", "X_12_downsample"),
    *("X_21_Conv_1", "X_03_downsample", "X_12_Conv_1", "dispconv0", "dispconv1", "dispconv2", "dispconv3"),
)
"""Modules of the decoder in the order of its second registration: `convs.NAME` is `decoder.INDEX`."""
UNUSED = ("X_00_Conv_0", "X_01_Conv_0", "X_02_Conv_0", "X_03_Conv_0")
CLASSIFIER = "cls_head"
"""Of ImageNet, if a file has kept it."""
SHARED = re.compile(r"(.*\.mhca_blks\.\d+)\.MHCA_layers\.\d+\.(?:factoratt_crpe\.)?(cpe|crpe)\.(.*)")
"""The encodings of places, which every block of a path registers again."""


def recognise(files: Files) -> bool:
    """Whether the keys are those of MPViT and of the nested decoder."""
    decoder = files["depth.pth"]
    is_nested = any(key in decoder for key in ("convs.X_31_attention.fc.0.weight", "decoder.20.fc.0.weight"))
    return is_nested and any(key.startswith("mhca_stages.0.") for key in files["encoder.pth"])


def settings(files: Files, head: str) -> MonoViTSettings:
    """Settings that fit: size from `height` and `width`, widths, blocks and paths from the keys and shapes."""
    encoder = files["encoder.pth"]
    nodes = {_name_of_node(key): value for key, value in files["depth.pth"].items()}
    return MonoViTSettings(
        encoder_channels=[_width(encoder, f"mhca_stages.{i}.InvRes.conv1.conv.weight", 0) for i in range(STAGES)],
        encoder_layers=[_count(encoder, rf"mhca_stages\.{i}\.mhca_blks\.0\.MHCA_layers\.") for i in range(STAGES)],
        encoder_paths=[_count(encoder, rf"mhca_stages\.{i}\.mhca_blks\.") for i in range(STAGES)],
        row_channels=[
            *(_width(nodes, f"convs.dispconv{scale}.conv.weight", 1) for scale in range(4)),
            *(_width(nodes, f"convs.f{row}.conv_se.weight", 0) for row in (3, 4)),
        ],
        **{**as_published(encoder, head), "mean": [0.0] * 3, "std": [1.0] * 3},
    )


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names.

    Raises:
        InputError: two registrations of a module that differ.
    """
    encoder = _once(tensors(files["encoder.pth"]), _first_registration, "encoder.pth")
    decoder = _once(tensors(files["depth.pth"]), _name_of_node, "depth.pth")
    renamed: Weights = {
        f"encoder.{key}": value for key, value in encoder.items() if not key.startswith(f"{CLASSIFIER}.")
    }
    for key, value in decoder.items():
        if not key.startswith(tuple(f"convs.{node}." for node in UNUSED)):
            # The linear layers of the attention may be saved as 1x1 convolutions.
            is_linear = re.search(r"\.fc\.\d\.weight$", key) is not None
            renamed[_our_name(key)] = value.flatten(1) if is_linear else value
    return renamed


def _once(weights: Weights, name: Callable[[str], str], file: str) -> Weights:
    """Weights under the name of their first registration, each once."""
    found: Weights = {}
    for key, value in weights.items():
        other = found.setdefault(name(key), value)
        if other is not value and not (other.shape == value.shape and torch.equal(other, value)):
            raise InputError(
                f"{file} holds two copies of '{name(key)}' that differ (one is '{key}'); in files of MonoViT's program "
                "they are the same, so one of them was changed afterwards"
            )
    return found


def _first_registration(key: str) -> str:
    match = SHARED.fullmatch(key)
    return f"{match[1]}.{match[2]}.{match[3]}" if match else key


def _name_of_node(key: str) -> str:
    match = re.fullmatch(r"decoder\.(\d+)\.(.*)", key)
    return f"convs.{NODES[int(match[1])]}.{match[2]}" if match and int(match[1]) < len(NODES) else key


_OURS = (
    (r"convs\.f(\d)\.(.*)", r"entries.\1.\2"),
    (r"convs\.X_(\d\d)_Conv_(\d)\.conv\.conv\.(.*)", r"blocks.\1_\2.conv.\3"),
    (r"convs\.X_(\d\d)_attention\.fc\.(.*)", r"fusions.\1.ca.fc.\2"),
    (r"convs\.X_(\d\d)_attention\.(.*)", r"fusions.\1.\2"),
    (r"convs\.X_(\d\d)_downsample\.conv\.(.*)", r"reductions.\1.\2"),
    (r"convs\.dispconv(\d)\.conv\.(.*)", r"heads.\1.\2"),
)


def _our_name(key: str) -> str:
    for published, ours in _OURS:
        if re.fullmatch(published, key):
            return "decoder." + re.sub(published, ours, key)
    return key


def _width(weights: Mapping[str, Any], key: str, axis: int) -> int:
    """Length of an axis of a weight; 0 if there is none, which no network has."""
    value = weights.get(key)
    return value.shape[axis] if isinstance(value, Tensor) and value.ndim > axis else 0


def _count(weights: Mapping[str, Any], prefix: str) -> int:
    """How many numbers follow a prefix of keys."""
    return len({match[1] for key in weights if (match := re.match(prefix + r"(\d+)\.", key))})
