"""References from a changed image: by hand, against torchvision and NumPy."""

import math
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as classic
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.references import (
    Brightness,
    Flip,
    Gray,
    Noise,
    ReferenceDepth,
    Rescale,
    Rotate,
    Shift,
)
from tests.uncertainty.networks import Chain, convolution, noise, query, row


class Recorder(nn.Module):
    """Depth = red; remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.image, self.inputs = torch.zeros(0), dict[str, Any]()

    def forward(self, image: Tensor, **inputs: Any) -> DepthPrediction:
        self.image, self.inputs = image, inputs
        return DepthPrediction(image[:, :1])


def intrinsics(batch: int = 1) -> Tensor:
    return torch.tensor([[10.0, 0.0, 1.0], [0.0, 20.0, 3.0], [0.0, 0.0, 1.0]]).repeat(batch, 1, 1)


def camera_seen(reference: ReferenceDepth, image: Tensor) -> Tensor:
    """The matrix of the first image that the network got; the given one stays as it is."""
    model, given = Recorder(), intrinsics(len(image))
    reference(query(model, image, inputs={"intrinsics": given, "scene": "indoor"}))
    assert torch.equal(given, intrinsics(len(image)))
    assert model.inputs["scene"] == "indoor"
    return model.inputs["intrinsics"][0]


@pytest.mark.parametrize(
    "reference", [Flip(), Gray(), Noise(), Rotate(), Brightness(1.2, 0.5), Shift(2, 1), Rescale()], ids=str
)
def test_the_image_is_left_alone_and_nothing_keeps_a_graph(reference: ReferenceDepth) -> None:
    image = noise(2, 5, 4)
    before = image.clone()
    found = reference(query(Chain(nn.Conv2d(3, 1, 1), nn.Identity()), image))

    assert torch.equal(image, before)
    assert found.depth.shape == (2, 1, 5, 4)
    assert not found.depth.requires_grad
    assert not found.rescale


class TestFlip:
    def test_by_hand(self) -> None:
        # Mirrored image 3,2,1; left neighbours 0,3,2; mirrored back 2,3,0: the right neighbours.
        left = Chain(convolution([[[[1, 0, 0]], [[0, 0, 0]], [[0, 0, 0]]]]), nn.Identity())
        found = Flip()(query(left, row(1, 2, 3)))

        assert found.depth.flatten().tolist() == [2.0, 3.0, 0.0]
        assert found.valid is None

    def test_rows_stay(self) -> None:
        image = noise(2, 5, 4)

        assert torch.equal(Flip()(query(Recorder(), image)).depth, image[:, :1])

    def test_the_principal_point_is_mirrored(self) -> None:
        # Pixel centres are 0..7, so column 1 becomes column 6.
        assert camera_seen(Flip(), noise(2, 4, 8)).tolist() == [[10, 0, 6], [0, 20, 3], [0, 0, 1]]


def test_gray_has_the_published_weights() -> None:
    model, image = Recorder(), noise(2, 5, 4)
    found = Gray()(query(model, image))
    gray = 0.2989 * image[:, :1] + 0.587 * image[:, 1:2] + 0.114 * image[:, 2:]

    torch.testing.assert_close(model.image, gray.expand(2, 3, 5, 4), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.image, classic.rgb_to_grayscale(image, 3))
    torch.testing.assert_close(found.depth, gray, rtol=1e-4, atol=1e-4)


class TestNoise:
    def test_standard_deviation_and_no_clamp(self) -> None:
        model, image = Recorder(), torch.ones(1, 3, 100, 100)
        Noise(0.2)(query(model, image))
        added = model.image - image

        # 30000 samples: the standard errors are 0.0012 of the mean and 0.0008 of the deviation; five of them.
        assert added.mean().item() == pytest.approx(0, abs=0.006)
        assert added.std().item() == pytest.approx(0.2, abs=0.004)
        assert (model.image > 1).float().mean().item() == pytest.approx(0.5, abs=0.02)

    def test_another_seed_and_another_place_in_the_list_give_other_numbers(self) -> None:
        image = noise(1, 6, 6)
        maps = [Noise()(query(Recorder(), image, seed, stream)).depth for seed, stream in ((0, 0), (1, 0), (0, 1))]

        assert torch.equal(maps[0], Noise()(query(Recorder(), image)).depth)
        assert not torch.equal(maps[0], maps[1])
        assert not torch.equal(maps[0], maps[2])


def rotated(maps: np.ndarray, degrees: float) -> np.ndarray:
    """Counter-clockwise about the centre of (H,W), nearest, zeros from outside. Second implementation."""
    height, width = maps.shape
    angle, result = math.radians(degrees), np.zeros_like(maps)
    for i, j in np.ndindex(height, width):
        x, y = j - (width - 1) / 2, i - (height - 1) / 2
        u = math.cos(angle) * x - math.sin(angle) * y + (width - 1) / 2
        v = math.sin(angle) * x + math.cos(angle) * y + (height - 1) / 2
        if -0.5 < u < width - 0.5 and -0.5 < v < height - 0.5:
            result[i, j] = maps[round(v), round(u)]
    return result


class TestRotate:
    IMAGE = 1 + noise(1, 12, 17)

    @pytest.mark.parametrize("degrees", [10.0, -25.0])
    def test_there_and_back(self, degrees: float) -> None:
        model = Recorder()
        found = Rotate(degrees, masked=False)(query(model, self.IMAGE))
        red = self.IMAGE[0, 0].numpy()
        there = rotated(red, degrees)

        assert np.array_equal(model.image[0, 0], there)
        assert np.array_equal(found.depth[0, 0], rotated(there, -degrees))
        assert found.valid is None

    def test_unmasked_is_torchvisions_rotation_with_zero_fill(self) -> None:
        found = Rotate(10.0, masked=False)(query(Recorder(), self.IMAGE))

        assert torch.equal(found.depth, classic.rotate(classic.rotate(self.IMAGE, 10.0), -10.0)[:, :1])

    def test_masked_knows_what_it_does_not_know(self) -> None:
        found = Rotate(10.0)(query(Recorder(), self.IMAGE))

        assert found.valid is not None
        # The image is nowhere 0, so a 0 comes from outside.
        assert torch.equal(found.valid, found.depth != 0)
        assert not found.valid[..., [0, 0, -1, -1], [0, -1, 0, -1]].any()
        assert 0.6 < found.valid.float().mean() < 1

    def test_corners_never_enter_the_loss(self) -> None:
        model = Chain(nn.Identity(), convolution([[[[1]], [[0]], [[0]]]]))
        masked, unmasked = (
            GradientUncertainty(model, ["head"], Rotate(10.0, one)).estimate(self.IMAGE) for one in (True, False)
        )
        red = self.IMAGE[0, 0].numpy()
        back = rotated(rotated(red, 10.0), -10.0)
        corner = back == 0

        assert masked.loss.item() == pytest.approx(((red - back)[~corner] ** 2).mean(), rel=1e-5)
        assert unmasked.loss.item() == pytest.approx(((red - back) ** 2).mean(), rel=1e-5)
        assert np.array_equal(masked.valid[0, 0], ~corner)
        assert not masked.uncertainty[0, 0][torch.from_numpy(corner)].any()
        assert unmasked.valid.all()

    def test_the_camera_stays(self) -> None:
        assert torch.equal(camera_seen(Rotate(), noise(1, 4, 8)), intrinsics()[0])


class TestBrightness:
    def test_brightness_clamps(self) -> None:
        assert Brightness(2.0)(query(Recorder(), row(0.1, 0.4, 0.7))).depth.flatten().tolist() == pytest.approx(
            [0.2, 0.8, 1.0]
        )

    def test_contrast_goes_around_the_mean_grey(self) -> None:
        # Grey 0.2989 red, mean 0.2989 * 0.5; half way from there.
        mean = 0.2989 * 0.5
        found = Brightness(1.0, 0.5)(query(Recorder(), row(0.25, 0.75))).depth.flatten().tolist()

        assert found == pytest.approx([(0.25 + mean) / 2, (0.75 + mean) / 2], abs=1e-4)

    def test_each_image_has_its_own_mean(self) -> None:
        images = torch.cat([noise(1, 4, 4), 0.1 * noise(1, 4, 4)])
        together = Brightness(1.2, 0.5)(query(Recorder(), images)).depth

        torch.testing.assert_close(together[1:], Brightness(1.2, 0.5)(query(Recorder(), images[1:])).depth)


class TestShift:
    @pytest.mark.parametrize(
        ("right", "seen", "valid"),
        [(1, [1, 1, 2, 3], [True, True, True, False]), (-2, [3, 4, 4, 4], [False, False, True, True])],
    )
    def test_along_a_row(self, right: int, seen: list[float], valid: list[bool]) -> None:
        model = Recorder()
        found = Shift(right)(query(model, row(1, 2, 3, 4)))
        known = torch.tensor(valid)

        assert model.image[0, 0, 0].tolist() == seen
        assert found.valid is not None
        assert found.valid.flatten().tolist() == valid
        assert torch.equal(found.depth.flatten()[known], torch.tensor([1.0, 2, 3, 4])[known])

    @pytest.mark.parametrize(("right", "down"), [(2, 1), (-1, 2), (0, -3), (-3, -1)])
    def test_in_both_directions(self, right: int, down: int) -> None:
        model, image = Recorder(), noise(2, 5, 6)
        found = Shift(right, down)(query(model, image))
        rows, columns = np.arange(5), np.arange(6)
        moved = image.numpy()[:, :, np.clip(rows - down, 0, 4)][..., np.clip(columns - right, 0, 5)]
        inside = ((rows + down >= 0) & (rows + down < 5))[:, None] & ((columns + right >= 0) & (columns + right < 6))

        assert found.valid is not None
        assert np.array_equal(model.image, moved)
        assert np.array_equal(found.valid[:, 0], np.stack([inside, inside]))
        assert torch.equal(found.depth[found.valid], image[:, :1][found.valid])

    def test_the_principal_point_moves_along(self) -> None:
        assert camera_seen(Shift(2, -1), noise(2, 4, 8)).tolist() == [[10, 0, 3], [0, 20, 2], [0, 0, 1]]

    @pytest.mark.parametrize(("right", "down"), [(8, 0), (0, -4)])
    def test_off_the_canvas(self, right: int, down: int) -> None:
        with pytest.raises(InputError, match=rf"shift by \({right}, {down}\) px moves the 4x8 image off the canvas"):
            Shift(right, down)(query(Recorder(), noise(1, 4, 8)))


class TestRescale:
    def test_a_linear_ramp_comes_back(self) -> None:
        # Bilinear sampling with half-pixel centres reproduces a line, except where the border is repeated.
        model = Recorder()
        ramp = torch.linspace(0.1, 0.9, 16).expand(1, 3, 8, 16)
        found = Rescale(2.0)(query(model, ramp)).depth

        assert model.image.shape == (1, 3, 16, 32)
        torch.testing.assert_close(found[..., 1:-1], ramp[:, :1, :, 1:-1])
        small = Rescale(0.5)(query(model, ramp)).depth
        assert model.image.shape == (1, 3, 4, 8)
        torch.testing.assert_close(small[..., 3:-3], ramp[:, :1, :, 3:-3])

    def test_the_networks_own_resize_is_used(self) -> None:
        class Near(Recorder):
            def resize_depth(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
                return torch.full((len(depth), 1, *size), float(depth.shape[-1]))

        assert Rescale(0.75)(query(Near(), noise(1, 4, 8))).depth.tolist() == torch.full((1, 1, 4, 8), 6.0).tolist()

    def test_the_camera_is_scaled(self) -> None:
        # Half of 4x8: focal lengths 5 and 10; borders at -0.5: (1 + 0.5)/2 - 0.5 and (3 + 0.5)/2 - 0.5.
        assert camera_seen(Rescale(0.5), noise(2, 4, 8)).tolist() == [[5, 0, 0.25], [0, 10, 1.25], [0, 0, 1]]
