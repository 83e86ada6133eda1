"""Sizes of networks that are far from those of images, by hand and as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradunc.data.network_input import near_size, scale, scale_warning, stretch, stretch_warning

SIDES = st.integers(32, 4000)
SIZES = st.tuples(SIDES, SIDES)


@given(SIZES, SIZES)
def test_stretch_and_scale_say_how_both_sides_change(image, size):
    down, across = size[0] / image[0], size[1] / image[1]
    assert stretch(image, size) == pytest.approx(max(down / across, across / down))
    assert stretch(image, size) == pytest.approx(stretch(size, image))
    assert stretch(image, size) >= 1
    assert scale(image, size) ** 2 == pytest.approx(down * across)


@given(SIZES, SIZES)
def test_the_near_size_is_inside_and_in_shape_but_for_its_steps(image, size):
    near = near_size(image, size)
    factor = min(size[0] / image[0], size[1] / image[1])
    for side, full, most in zip(near, image, size, strict=True):
        assert side % 32 == 0
        assert side == 32 or side <= most
        # Where the nearest multiple lies beyond the size, it is the one before.
        assert side == 32 or abs(side - full * factor) <= 16 or most - side < 32


@pytest.mark.parametrize(
    ("image", "size", "near"),
    [
        ((600, 600), (560, 560), (544, 544)),  # 560 = 17.5 steps of 32
        ((480, 640), (250, 1000), (224, 320)),  # 250 x 333: 7.8 and 10.4 steps
        ((600, 300), (20, 640), (32, 32)),
    ],
)
def test_the_near_size_by_hand(image, size, near):
    assert near_size(image, size) == near


def proposed(line):
    return tuple(int(side) for side in line.rpartition(" ")[2].split("x"))


@given(SIZES, SIZES)
def test_what_is_proposed_is_nearer(image, size):
    line = stretch_warning(image, size)
    assert bool(line) == (stretch(image, size) > 1.5)
    if "near in shape" in line:
        assert stretch(image, proposed(line)) < stretch(image, size)
    line = scale_warning(image, size)
    assert bool(line) == (scale(image, size) > 1.5 or scale(image, size) < 1 / 8)
    if line:
        assert (scale(image, size) > 1) == (scale(image, size) > scale(image, proposed(line)))


@pytest.mark.parametrize(
    ("image", "size", "said"),
    [
        ((375, 1242), (192, 640), []),
        ((375, 1242), (320, 1024), []),
        ((800, 600), (64, 224), ["stretched 4.7 times when they are resized to 64x224; near in shape: 64x64"]),
        ((480, 640), (192, 640), ["stretched 2.5 times when they are resized to 192x640; near in shape: 192x256"]),
        (
            (100, 700),
            (64, 64),
            ["stretched 7.0 times when they are resized to 64x64; crop them to that shape, or train"],
        ),
        ((96, 128), (192, 256), ["enlarged 2.0 times to 192x256, which costs time and adds no detail; near in scale"]),
        ((3000, 4000), (192, 256), ["shrunk 15.6 times to 192x256, where small things disappear; near in scale: 3"]),
        ((100, 100), (64, 640), ["; near in shape: 64x64", "enlarged 2.0 times"]),
    ],
)
def test_what_is_said(image, size, said):
    found = [line for line in (stretch_warning(image, size), scale_warning(image, size)) if line]
    assert len(found) == len(said)
    for line, part in zip(found, said, strict=True):
        assert line.startswith(f"images of {image[0]}x{image[1]} pixels (height x width) are ")
        assert part in line


def test_the_size_of_the_training_is_proposed_where_it_is_known():
    line = stretch_warning((375, 1242), (352, 352), (192, 640))
    assert line.endswith("; near in shape: 192x640, the size of the training")
    assert stretch_warning((480, 640), (192, 640), (192, 640)).endswith("; near in shape: 192x256")
    assert stretch_warning((375, 1242), (352, 352)).endswith("; crop them to that shape, or train at another size")
