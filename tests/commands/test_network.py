"""The size at which a network sees images, and the device it works on."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gradunc.commands.network import load_network, network_size, one_size
from gradunc.config.verbs.network import NetworkConfig
from gradunc.errors import InputError
from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.ops.devices import choose_device

TRAINED: Any = SimpleNamespace(size=(64, 96))
FOREIGN: Any = SimpleNamespace()
"""A network that does not say what it was trained on."""


@pytest.mark.parametrize(
    ("size", "model", "expected"),
    [
        (None, TRAINED, (64, 96)),
        (None, FOREIGN, None),
        (None, SimpleNamespace(size=64), None),
        ("native", TRAINED, None),
        ("32x48", TRAINED, (32, 48)),
        ("32X48", FOREIGN, (32, 48)),
    ],
)
def test_size(size, model, expected):
    assert network_size(size, model) == expected
    if expected is not None:
        assert one_size(size, model, "is none here") == expected


@pytest.mark.parametrize(
    "size", ["640", "0x96", "axb", "1x2x3", "-32x64", "", "x", "²x5", "٣x5", "9999999999x5", "5x 5", "1_0x5"]
)
def test_no_size(size):
    with pytest.raises(InputError, match=f"size='{size}' must be HxW in pixels, for example 64x96, or native"):
        network_size(size, TRAINED)
    with pytest.raises(InputError, match=r"for example 192x640$"):
        one_size(size, FOREIGN, "is none here")


def test_a_size_of_five_thousand_digits():
    with pytest.raises(InputError, match="must be HxW in pixels") as error:
        network_size(f"{'9' * 5000}x5", TRAINED)
    assert len(str(error.value)) < 300


def test_one_size_is_what_an_image_processor_aims_at():
    model: Any = SimpleNamespace(preparation=ImagePreparation(60, 90, keep_aspect=True, multiple=14))
    assert one_size(None, model, "is none here") == (56, 84)


def test_one_size_needs_one():
    with pytest.raises(InputError, match="size=native is none here; give size=HxW"):
        one_size("native", TRAINED, "is none here")
    with pytest.raises(InputError, match="size is missing, and the network does not say what it was trained on"):
        one_size(None, FOREIGN, "is none here")


def test_device():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda")
    with pytest.raises(InputError, match="device='toaster' is not available here"):
        choose_device("toaster")


def test_no_checkpoint():
    with pytest.raises(InputError, match="checkpoint is missing; give checkpoint=PATH"):
        load_network(NetworkConfig())
