"""The networks, sizes and devices that `gradunc.predict` takes."""

from typing import Any

import numpy as np
import pytest
from torch import nn

import gradunc
from gradunc import InputError
from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.prediction.network import input_warning
from tests.prediction.images import PIXELS, Plain


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        (None, (32, 64)),
        ((64, 96), (64, 96)),
        ([64, 96], (64, 96)),
        ((np.int64(64), np.int32(96)), (64, 96)),
        ("native", (20, 31)),
    ],
)
def test_the_size_at_which_the_network_sees_the_image(size: Any, seen: Any, network: nn.Module) -> None:
    shapes: list[tuple[int, ...]] = []
    handle = network.register_forward_pre_hook(lambda _, given: shapes.append(tuple(given[0].shape[-2:])))
    try:
        result = gradunc.predict(PIXELS, network, size=size, estimator=None)
    finally:
        handle.remove()

    assert shapes == [seen]
    assert result.depth.shape == (20, 31)


@pytest.mark.parametrize(("size", "seen"), [(None, (14, 28)), ("native", (20, 31)), ((64, 96), (64, 96))])
def test_a_network_with_an_image_processor_sees_what_that_makes(size: Any, seen: Any) -> None:
    """Of 20x31 pixels the width changes less: by 28/31, to 18.06 x 28, in multiples of 14."""
    network: Any = Plain()
    network.preparation = ImagePreparation(28, 28, keep_aspect=True, multiple=14)
    shapes: list[tuple[int, ...]] = []
    network.register_forward_pre_hook(lambda _, given: shapes.append(tuple(given[0].shape[-2:])))
    assert gradunc.predict(PIXELS, network, size=size, estimator=None).depth.shape == (20, 31)
    assert shapes == [seen]
    assert input_warning((20, 31), network.preparation, network) == ""


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("missing", "checkpoint 'missing' does not exist"),
        (Plain, "must be an object of torch.nn.Module, not the class Plain"),
        (3, "must be an object of torch.nn.Module, not a int"),
    ],
)
def test_refused_networks(model: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gradunc.predict(PIXELS, model)


@pytest.mark.parametrize("size", ["32x64", (32,), (0, 64), (32.0, 64.0), 32, True, (True, 64), (-32, 64), (1, 2, 3)])
def test_refused_sizes(size: Any) -> None:
    with pytest.raises(InputError, match=r"size=.* must be \(height, width\) in pixels, 'native', or None"):
        gradunc.predict(PIXELS, Plain(), size=size)


def test_refused_devices() -> None:
    with pytest.raises(InputError, match="device='toaster' is not available here"):
        gradunc.predict(PIXELS, Plain(), device="toaster")


def test_what_is_no_size_leaves_images_at_their_own() -> None:
    network = Plain()
    network.size = 64  # of its features, for example

    assert gradunc.predict(PIXELS, network, estimator=None).size is None
    assert input_warning((20, 31), (32, 128), network).startswith(
        "images of 20x31 pixels (height x width) are stretched"
    )
