"""Checkpoints, exports and published pairs with one thing in them that is wrong."""

import json
import pickle
import struct
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch

WEIRD: list[Any] = [
    *[None, True, 5, -1, 0, 1.5, float("nan"), float("inf"), 10**30, 10**400, 2**62, "", "x", "../../x", "\x00"],
    *["a\nb", "hf-hub:evil/x", "local-dir:/tmp", "vit_giant_patch14_224", "a" * 3000, [], {}, [1], [[1]], {"a": 1}],
    *[(1, 2), {1: 2}, [4.5] * 5, [0] * 5, [-1, -1], [True, True], [1e9, 1e9], [2**62] * 5, [10**6] * 5, [10**5] * 2],
    *[["a"] * 5, [float("nan")] * 3, [0.5, 0.5], torch.zeros(2), torch.tensor(64), torch.device("cpu"), torch.float32],
]
"""Values for an entry of which a reader expects something."""
NO_WEIGHTS: list[Any] = [
    *[None, 3, "x", [1.0], {"a": 1}, torch.zeros(2, 3, 5), torch.zeros(0), torch.zeros(1).expand(10**6, 10**6)],
    *[torch.zeros(1).to_sparse(), torch.zeros(2, dtype=torch.complex64), torch.empty(3, device="meta"), torch.float16],
    torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8),
]
"""Values for a weight."""
KEYS: list[Any] = [1, None, ("a",), 1.5, b"x", "", ".", "depth_model.", "pose_network.", "depth_model.x", "\n"]
"""Keys of a state dict."""


def of_entry(checkpoint: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every value of the entry `gradunc` replaced by every weird one, and removed."""
    places = [("gradunc",), ("state_dict",), *(("gradunc", key) for key in checkpoint["gradunc"])]
    places += [("gradunc", "model", key) for key in checkpoint["gradunc"]["model"]]
    places += [("gradunc", "config", "objective"), ("gradunc", "config", "objective", "pose_encoder")]
    for place in places:
        for value in [*WEIRD, "REMOVED"]:
            changed = deepcopy({key: one for key, one in checkpoint.items() if key != "state_dict"})
            changed["state_dict"] = checkpoint["state_dict"]
            inside: Any = changed
            for key in place[:-1]:
                inside = inside[key]
            if isinstance(value, str) and value == "REMOVED":
                del inside[place[-1]]
            else:
                inside[place[-1]] = value
            yield f"{'.'.join(place)}={str(value)[:40]}", changed


def of_weights(checkpoint: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A weight that is none, and keys that are no names."""
    names = list(checkpoint["state_dict"])
    for name in (names[0], names[-1]):
        for value in NO_WEIGHTS:
            yield f"{name}: {str(value)[:40]}", checkpoint | {"state_dict": checkpoint["state_dict"] | {name: value}}
    for key in KEYS:
        for value in (torch.zeros(1), 1, None):
            yield f"{key!r:.40}: {value}", checkpoint | {"state_dict": checkpoint["state_dict"] | {key: value}}
            yield f"{key!r:.40}: {value} alone", checkpoint | {"state_dict": {key: value}}
        yield f"{key!r:.40} at the top", checkpoint | {key: 1}


class Call:
    """Pickled, it is a call, which runs code where it is not refused."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def of_pickles(proof: Path) -> Iterator[tuple[str, bytes]]:
    """Files that are programs, or no whole ones."""
    itself: dict[str, Any] = {"gradunc": {"schema": 2}, "x": torch.zeros(1)}
    itself["state_dict"] = itself
    calls = Call(proof.mkdir), Call(eval, "1"), {"gradunc": Call(proof.mkdir)}
    for protocol in range(6):
        for content in (*calls, np.zeros(3), itself, {1, 2}, range(3)):
            yield f"protocol {protocol}: {type(content).__name__}", pickle.dumps(content, protocol=protocol)
    for text in (
        b"",
        b"\x80",
        b"0.",
        *(b"\x80\x02" + code for code in (b".", b"}q\x00X", b"K\x01e.", b"t.", b"h\x07.")),
    ):
        yield f"{text!r}", text
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + pickle.dumps(1001, protocol=2)
    for tail in (b"", pickle.dumps({}, 2), pickle.dumps({}, 2) * 2, pickle.dumps({}, 2) * 3 + struct.pack("<q", 2**60)):
        yield f"legacy {tail[:20]!r}", magic + tail


def of_config(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Texts for `config.json` with a weird value."""
    for key in described["model"]:
        for value in WEIRD:
            try:
                yield f"{key}={str(value)[:40]}", json.dumps({**described, "model": described["model"] | {key: value}})
            except TypeError:
                continue


def of_json(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Texts for `config.json` that no export has."""
    yield "nested", "[" * 100_000
    yield "1e400", json.dumps(described).replace('"max_depth": 100.0', '"max_depth": 1e400')
    yield "digits", '{"schema": ' + "9" * 5000 + "}"


def of_safetensors() -> Iterator[tuple[str, bytes]]:
    """Headers of a wild size, shape or place."""
    for length in (0, 1, 2**20, 2**31, 2**60, 2**64 - 1):
        yield f"length {length}", struct.pack("<Q", length) + b"{}" + bytes(64)
    for shape in ([1], [2**40], [-1], [2**62, 4], "x", []):
        for place in ([0, 4], [0, 2**50], [4, 0], [0]):
            for kind in ("F32", "F8_E4M3", "U64", "X"):
                header = json.dumps({"a": {"dtype": kind, "shape": shape, "data_offsets": place}}).encode()
                yield f"{shape} {place} {kind}", struct.pack("<Q", len(header)) + header + bytes(8)
