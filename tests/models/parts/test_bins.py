import pytest
import torch

from gradunc.models.parts.bins import BinCentres, expectation, middles
from gradunc.models.parts.heads import BinsHead


def test_centres_by_hand() -> None:
    """Shares 1/2, 1/4, 1/4 of 1 m to 9 m: edges 1, 5, 7, 9."""
    module = BinCentres(2, 3, (1.0, 9.0))
    torch.nn.init.zeros_(module.fc2.weight)
    module.fc2.bias.data = torch.tensor([2.0, 1.0, 1.0]).log()
    assert module(torch.randn(2, 2, 3, 4)).shape == (2, 3, 1, 1)
    torch.testing.assert_close(module(torch.randn(1, 2, 3, 4)).flatten(), torch.tensor([3.0, 6.0, 8.0]))


def test_middles_by_hand() -> None:
    """A fifth and four fifths of 1 m to 11 m: edges 1, 3, 11."""
    torch.testing.assert_close(
        middles(torch.tensor([[0.2, 0.8]]), 1.0, 11.0), torch.tensor([2.0, 7.0]).view(1, 2, 1, 1)
    )


def test_an_expectation_by_hand() -> None:
    logits = torch.tensor([1.0, 3.0]).log().view(1, 2, 1, 1)
    assert expectation(logits, torch.tensor([2.0, 6.0]).view(1, 2, 1, 1)).item() == pytest.approx(5.0)


@pytest.mark.parametrize("depth", [1.0, 12.0, 40.0, 79.0])
def test_the_bias_gives_the_start_depth(depth: float) -> None:
    head = BinsHead(0.1, 80.0, 256)
    centres = 0.1 + 79.9 * (torch.arange(256, dtype=torch.float64) + 0.5) / 256
    bias = torch.tensor(head.bias(depth), dtype=torch.float64)
    assert float((bias.softmax(0) * centres).sum()) == pytest.approx(depth, rel=1e-6)
