from collections.abc import Callable

import pytest
import torch
from torch import nn

from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import TRIVIAL
from tests.contracts.estimator_checks import CHECKS, Case
from tests.uncertainty.networks import Pyramid, noise


class Blue(nn.Module):
    """Depth = blue channel."""

    def __init__(self, space: OutputSpace | None = None) -> None:
        super().__init__()
        if space is not None:
            self.output_space = space

    def forward(self, image: torch.Tensor) -> DepthPrediction:
        return DepthPrediction(image[:, 2:])


def score(name: str, image: torch.Tensor, model: nn.Module | None = None) -> torch.Tensor:
    return TRIVIAL[name](model or Blue()).estimate(image).uncertainty


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", TRIVIAL)
def test_every_score_keeps_the_contract(check: Callable[[Case], None], name: str) -> None:
    check(Case(TRIVIAL[name], Pyramid, noise(3, 13, 22)))


def test_the_upper_row_is_worse() -> None:
    assert score("row", noise(2, 3, 2)).tolist() == [[[[2.0, 2.0], [1.0, 1.0], [0.0, 0.0]]]] * 2


def test_the_far_pixel_is_worse_also_as_disparity() -> None:
    image = noise(1, 4, 5)
    assert torch.equal(score("depth", image), image[:, 2:])
    disparity = Blue(OutputSpace("disparity", "affine"))
    assert torch.equal(score("depth", image, disparity), -image[:, 2:])


def test_a_constant_is_one_value() -> None:
    assert score("constant", noise(1, 4, 5)).unique().tolist() == [0.0]


def test_random_numbers_belong_to_the_content_of_an_image() -> None:
    image = noise(3, 16, 24)
    found = score("random", image)
    assert torch.equal(score("random", image.flip(0)), found.flip(0))
    assert not torch.equal(found[0], found[1])
    assert float(found.min()) >= 0
    assert float(found.max()) < 1
    assert float(found.mean()) == pytest.approx(0.5, abs=0.05)


def test_edges_are_central_differences_of_the_grey_image() -> None:
    """Grey rises by 0.2 per column up to column 2 and by 0.1 per row; at the border half a difference is repeated."""
    column, line = torch.tensor([0.0, 0.2, 0.4, 0.4]), torch.tensor([0.0, 0.1, 0.2])
    image = (line[:, None] + column).expand(1, 3, 3, 4)
    across, down = torch.tensor([0.1, 0.2, 0.1, 0.0]), torch.tensor([0.05, 0.1, 0.05])
    expected = (down[:, None] ** 2 + across**2).sqrt()
    # torchvision's weights of grey add up to 0.9999.
    torch.testing.assert_close(score("edges", image)[0, 0], expected, rtol=1e-3, atol=1e-6)


def test_depth_that_is_no_number_has_no_score() -> None:
    image = noise(1, 4, 5)
    image[0, 2, 1, 3] = torch.nan
    valid = TRIVIAL["depth"](Blue()).estimate(image).valid
    assert (~valid).nonzero().tolist() == [[0, 0, 1, 3]]
