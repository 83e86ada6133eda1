import pytest
import torch

from gradunc.models.parts.windows import RelativeBias, WindowGrid, attend
from tests.models.parts import naive_windows as naive


@pytest.mark.parametrize("shift", [0, 3])
@pytest.mark.parametrize("size", [(7, 14), (9, 5), (15, 8)], ids=str)
def test_attention_is_that_of_loops(size: tuple[int, int], shift: int) -> None:
    torch.manual_seed(0)
    maps = torch.randn(3, 2, *size, 6, dtype=torch.float64)
    bias = RelativeBias(7, 2).double()
    torch.nn.init.normal_(bias.table)
    grid = WindowGrid(size, 7, shift)
    query, key, value = (grid.split(one) for one in maps)
    with torch.no_grad():
        found = grid.join(attend(query, key, value, bias(), grid.mask(query)))
        for image in range(2):
            expected = naive.attention(*(naive.padded(one[image]) for one in maps), bias.table, shift)
            torch.testing.assert_close(found[image], expected[: size[0], : size[1]], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shift", [0, 1])
def test_windows_by_hand(shift: int) -> None:
    """A map of 2x3 cells in windows of 2x2: padded to 2x4, then rolled by one up and to the left."""
    grid = WindowGrid((2, 3), 2, shift)
    x = torch.tensor([[1, 2, 3], [4, 5, 6]]).view(1, 2, 3, 1)
    expected = [[5, 6, 2, 3], [0, 4, 0, 1]] if shift else [[1, 2, 4, 5], [3, 0, 6, 0]]
    assert grid.split(x).squeeze(-1).tolist() == expected
    assert torch.equal(grid.join(grid.split(x)), x)


def test_mask_by_hand() -> None:
    """Of the rolled map above the upper row and the left three columns were neighbours before."""
    mask = WindowGrid((2, 3), 2, 1).mask(torch.zeros(1))
    assert mask is not None
    rows_apart = [[0, 0, -100, -100], [0, 0, -100, -100], [-100, -100, 0, 0], [-100, -100, 0, 0]]
    assert mask[0].tolist() == rows_apart
    assert mask[1].tolist() == [[0 if i == j else -100 for j in range(4)] for i in range(4)]
