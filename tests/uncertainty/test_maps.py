"""From a layer's grid to pixels, by hand and against a full resize."""

import pytest
import torch
import torch.nn.functional as F

from gradunc.errors import InputError
from gradunc.uncertainty.maps import LayerMap, to_image, without_padding


def test_cells_that_hold_padding_only_are_cut() -> None:
    # 50x77 is padded to 64x96; at stride 4 that is 16x24 cells, of which ceil(50/4) x ceil(77/4) hold image.
    feature = torch.arange(16.0 * 24).view(1, 1, 16, 24)
    layer = without_padding(feature, (50, 77), 32)

    assert torch.equal(layer.values, feature[..., :13, :20])
    assert layer.extent == (52, 80)


def test_a_network_without_padding_keeps_all_cells() -> None:
    layer = without_padding(torch.zeros(2, 3, 5, 7), (10, 14), 1)

    assert layer.values.shape == (2, 3, 5, 7)
    assert layer.extent == (10, 14)


def test_bilinear_resize_has_half_pixel_centres() -> None:
    resized = to_image(LayerMap(torch.tensor([[[[0.0, 4.0]]]]), (1, 4)), (1, 4))

    assert resized.flatten().tolist() == [0.0, 1.0, 3.0, 4.0]


@pytest.mark.parametrize("stride", [1, 2, 4, 8, 16, 32])
def test_pixels_stand_where_a_resize_of_the_whole_padded_map_puts_them(stride: int) -> None:
    size = (50, 77)
    full = torch.rand(2, 1, 64 // stride, 96 // stride, generator=torch.Generator().manual_seed(0))
    resized = to_image(without_padding(full, size, 32), size)
    whole = F.interpolate(full, (64, 96), mode="bilinear", align_corners=False)[..., :50, :77]

    assert resized.shape == (2, 1, *size)
    # The last kept cell meets cut ones from its centre on: half a cell at the lower and right border may differ.
    rows, columns = ((-(-length // stride)) * stride - stride // 2 for length in size)
    torch.testing.assert_close(resized[..., :rows, :columns], whole[..., :rows, :columns])


def test_a_layer_that_gives_no_map_is_refused() -> None:
    with pytest.raises(InputError, match=r"tensor of shape \(1, 196, 8\); \(B,C,h,w\) maps are needed"):
        without_padding(torch.zeros(1, 196, 8), (14, 14), 1)
