import torch
from hypothesis import given
from hypothesis import strategies as st

from gradunc.ops.padding import cells, crop, pad_to_multiple, padded_size

SIDES = st.integers(1, 70)
MULTIPLES = st.sampled_from([1, 2, 14, 16, 32])


@given(SIDES, SIDES, MULTIPLES)
def test_padded_size_is_the_least_multiple_that_holds_the_image(height: int, width: int, multiple: int) -> None:
    for side, padded in zip((height, width), padded_size(height, width, multiple), strict=True):
        assert padded % multiple == 0
        assert padded - multiple < side <= padded


@given(SIDES, SIDES, MULTIPLES)
def test_padding_repeats_the_border_and_crop_undoes_it(height: int, width: int, multiple: int) -> None:
    image = torch.rand(1, 2, height, width)
    padded = pad_to_multiple(image, multiple)
    assert padded.shape[-2:] == padded_size(height, width, multiple)
    assert torch.equal(crop(padded, height, width), image)
    assert torch.equal(padded[..., height:, :width], image[..., -1:, :].expand(-1, -1, padded.shape[-2] - height, -1))
    assert torch.equal(padded[..., width:], padded[..., width - 1 : width].expand_as(padded[..., width:]))


@given(SIDES, st.sampled_from([2, 16, 32]), st.sampled_from([1, 2, 4, 8]))
def test_cells_counts_the_cells_that_hold_a_pixel(length: int, multiple: int, stride: int) -> None:
    padded = padded_size(length, 1, multiple)[0]
    if padded % stride:
        return
    assert cells(length, padded, padded // stride) == len({pixel // stride for pixel in range(length)})
