import pytest
import torch

from gradunc.models.parts.drop_path import DropPath, growing


def test_whole_images_are_left_out_and_the_mean_stays():
    torch.manual_seed(0)
    branch = DropPath(0.25).train()(torch.ones(4000, 2, 3))
    assert branch.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert (branch.amin((1, 2)) == branch.amax((1, 2))).all()
    assert branch.mean().item() == pytest.approx(1, abs=0.03)


def test_nothing_happens_in_eval_mode_or_without_a_probability():
    x = torch.rand(5, 2)
    assert torch.equal(DropPath(0.9).eval()(x), x)
    assert torch.equal(DropPath(0.0).train()(x), x)


def test_probabilities_grow_to_the_last():
    assert growing(0.2, 5) == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])
    assert growing(0.2, 1) == [0]
