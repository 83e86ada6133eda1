"""References by hand and against torchvision."""

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import rgb_to_grayscale

from gradunc.types import DepthPrediction
from gradunc.uncertainty.references import Flip, Gray
from tests.uncertainty.networks import convolution, noise, row


def left_neighbour(image: Tensor) -> DepthPrediction:
    return DepthPrediction(convolution([[[[1, 0, 0]], [[0, 0, 0]], [[0, 0, 0]]]])(image).detach())


def test_flip_by_hand() -> None:
    # Mirrored image 3,2,1; left neighbours 0,3,2; mirrored back 2,3,0: the right neighbours.
    reference = Flip()(left_neighbour, row(1, 2, 3), {}, seed=0)

    assert reference.depth.flatten().tolist() == [2.0, 3.0, 0.0]
    assert reference.valid is None


def test_flip_leaves_rows_in_place() -> None:
    image = noise(2, 5, 4)

    assert torch.equal(Flip()(lambda x: DepthPrediction(x[:, :1]), image, {}, seed=0).depth, image[:, :1])


def test_flip_mirrors_the_principal_point_and_leaves_the_given_matrix_alone() -> None:
    intrinsics = torch.tensor([[10.0, 0.0, 1.0], [0.0, 10.0, 3.0], [0.0, 0.0, 1.0]]).expand(2, 3, 3).clone()
    seen: list[Tensor] = []

    def predict(image: Tensor, intrinsics: Tensor) -> DepthPrediction:
        seen.append(intrinsics)
        return DepthPrediction(image[:, :1])

    Flip()(predict, noise(2, 4, 8), {"intrinsics": intrinsics}, seed=0)

    # Pixel centres are 0..7, so column 1 becomes column 6.
    assert seen[0][:, 0].tolist() == [[10.0, 0.0, 6.0]] * 2
    assert seen[0][:, 1].tolist() == [[0.0, 10.0, 3.0]] * 2
    assert intrinsics[:, 0, 2].tolist() == [1.0, 1.0]


def test_gray_predicts_what_torchvision_calls_gray() -> None:
    image = noise(2, 5, 4)
    seen: list[Tensor] = []

    def predict(gray: Tensor, focal: float) -> DepthPrediction:
        seen.append(gray)
        return DepthPrediction(focal * gray[:, :1])

    reference = Gray()(predict, image, {"focal": 2.0}, seed=0)
    expected = rgb_to_grayscale(image, num_output_channels=3)

    torch.testing.assert_close(seen[0], expected)
    torch.testing.assert_close(reference.depth, 2 * expected[:, :1])


def test_gray_leaves_the_given_image_alone() -> None:
    image = noise(1, 2, 2)
    before = image.clone()
    Gray()(lambda x: DepthPrediction(x[:, :1]), image, {}, seed=0)

    assert torch.equal(image, before)
