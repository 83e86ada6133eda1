"""Several uncertainties of one image give what each gives alone."""

import pytest
import torch

from gradunc.errors import InputError
from gradunc.metrics import EvaluationProtocol, PixelErrors, RankedImage, Sparsification, sparsification
from gradunc.types import OutputSpace
from tests.training.helpers import random


def test_shared_errors_give_the_same_results() -> None:
    truth, prediction = 1 + random(0, 200), 1 + random(1, 200)
    errors = PixelErrors(truth, prediction, intervals=10)
    for seed in (2, 3):
        uncertainty = random(seed, 200)
        alone = sparsification(truth, prediction, uncertainty, intervals=10)
        for name, result in errors.rank(uncertainty).items():
            for value, expected in zip(result, alone[name], strict=True):
                assert torch.equal(value, expected)


@pytest.mark.parametrize("uncertainty", [torch.rand(5), torch.rand(4, 1), torch.full((4,), torch.nan)])
def test_uncertainties_that_do_not_fit_are_refused(uncertainty: torch.Tensor) -> None:
    with pytest.raises(InputError):
        PixelErrors(torch.ones(4), torch.ones(4)).rank(uncertainty)


def test_an_image_is_aligned_anew_where_uncertainties_are_known_elsewhere() -> None:
    protocol, space = EvaluationProtocol("median"), OutputSpace()
    truth, prediction = 1 + 50 * random(0, 1, 8, 9), 1 + 50 * random(1, 1, 8, 9)
    valid = random(2, 1, 8, 9) > 0.2
    image = RankedImage(protocol, truth, prediction, valid, space)
    everywhere, half = torch.ones(8, 9, dtype=torch.bool), torch.ones(8, 9, dtype=torch.bool)
    half[:4] = False
    for seed, known in enumerate((everywhere, half, everywhere, torch.zeros_like(half), half)):
        uncertainty = random(10 + seed, 8, 9)
        shared, alone = Sparsification(), Sparsification()
        image.add(shared, uncertainty, known)
        selection = protocol.select(truth, prediction, valid & known, space)
        alone.update(selection.truth, selection.prediction, uncertainty[selection.keep])
        assert torch.equal(shared.areas, alone.areas)
        assert torch.equal(shared.curve_totals, alone.curve_totals)
        assert (int(shared.images), int(shared.skipped)) == (int(alone.images), int(alone.skipped))
