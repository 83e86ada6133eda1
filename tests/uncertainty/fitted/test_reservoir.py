"""Random rows in bounded memory."""

import pytest
import torch

from gradunc.uncertainty.fitted.reservoir import Reservoir


def filled(seed: int = 0, size: int = 10, parts: int = 20, each: int = 7) -> torch.Tensor:
    reservoir = Reservoir(size, seed)
    for rows in torch.arange(parts * each).float().view(parts, each, 1):
        reservoir.add(rows)
        assert len(reservoir.rows) <= size
    return reservoir.rows[:, 0]


def test_rows_stay_in_order_and_are_the_same_for_a_seed():
    kept = filled()
    assert len(kept) == 10
    assert torch.equal(kept, kept.sort().values)
    assert torch.equal(kept, filled())
    assert not torch.equal(kept, filled(seed=1))


def test_few_rows_are_all_kept():
    assert torch.equal(filled(size=200), torch.arange(140.0))
    assert Reservoir(3, 0).rows.shape == (0, 0)


def test_every_row_has_the_same_chance():
    """10 of 140 over 2000 seeds: 143 each, with a standard deviation of 11.5; the 140 stay within 5 of them."""
    counts = torch.bincount(torch.cat([filled(seed, parts=4, each=35) for seed in range(2000)]).long(), minlength=140)
    assert counts.sum() == 20000
    assert (counts - 20000 / 140).abs().max().item() < 5 * 11.5


def test_rows_that_came_early_have_no_advantage():
    """Of 5 kept of 10, those of the first half: 2.5 on average, with a standard error of 0.04 over 400 seeds."""
    first = sum(float((filled(seed, size=5, parts=2, each=5) < 5).sum()) for seed in range(400))
    assert first / 400 == pytest.approx(2.5, abs=0.2)
