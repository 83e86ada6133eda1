import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.errors import InputError
from tests.helpers import random_images, tiny_model


@pytest.fixture(scope="module")
def model():
    return tiny_model()


def test_padding_repeats_the_last_row_and_column(model):
    """50x77 inside 64x96, padded by NumPy."""
    image = random_images(2, 50, 77)
    padded = torch.from_numpy(np.pad(image.numpy(), ((0, 0), (0, 0), (0, 14), (0, 19)), mode="edge"))
    with torch.inference_mode():
        whole, given = model(padded, scales=4), model(image, scales=4)
    torch.testing.assert_close(given.depth, whole.depth[..., :50, :77])
    for i, (part, full) in enumerate(zip(given.scales, whole.scales, strict=True)):
        torch.testing.assert_close(part, full[..., : -(-50 // 2**i), : -(-77 // 2**i)])


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 80), st.integers(1, 110))
def test_any_size_comes_back(height, width):
    with torch.inference_mode():
        depth = tiny_model()(random_images(1, height, width)).depth
    assert tuple(depth.shape) == (1, 1, height, width)
    assert depth.isfinite().all()


def test_never_resizes(model, monkeypatch):
    """Every interpolation of a forward pass is a doubling inside the decoder; the encoder sees the image's pixels."""
    seen = []
    handle = model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    image = random_images(1, 96, 160)
    model(image)
    handle.remove()
    torch.testing.assert_close(seen[0], (image - model.mean) / model.std)


def test_size_is_that_of_training(model):
    assert model.size == (64, 96)
    assert model.multiple == 32


@pytest.mark.parametrize("channels_last", [False, True])
def test_resize_depth_keeps_the_size_it_has(model, channels_last):
    depth = 1 + random_images()[:, :1]
    if channels_last:
        depth = depth.to(memory_format=torch.channels_last)
    assert torch.equal(model.resize_depth(depth, (64, 96)), depth)


@pytest.mark.parametrize(
    "image",
    [
        torch.zeros(3, 64, 96),
        torch.zeros(1, 1, 64, 96),
        torch.zeros(1, 64, 96, 3),
        torch.zeros(1, 3, 64, 96, dtype=torch.uint8),
    ],
)
def test_wrong_image(model, image):
    with pytest.raises(InputError, match=r"image must be \(B,3,H,W\) float in \[0,1\], but is") as error:
        model(image)
    assert str(tuple(image.shape)) in str(error.value)
