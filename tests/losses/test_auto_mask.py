"""What the auto-mask does to a motion that is being learned, and that it can wait."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.losses import LossInputs
from gradunc.losses.photometric import Photometric
from gradunc.ops.geometry import warp
from gradunc.ops.similarity import photometric_error
from tests.losses.helpers import camera, inputs, no_motion, prediction, random

HEIGHT, WIDTH, DEPTH = 24, 48, 10.0


def driving(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """A textured wall 10 m away, and its views 0.8 m before and behind: image, sources, intrinsics."""
    texture = F.interpolate(random(seed, 1, 3, HEIGHT // 3, WIDTH // 3), (HEIGHT, WIDTH), mode="bicubic").clamp(0, 1)
    intrinsics = torch.tensor([[[28.0, 0, (WIDTH - 1) / 2], [0, 28.0, (HEIGHT - 1) / 2], [0, 0, 1]]])
    sources = []
    for forward in (0.8, -0.8):
        back = no_motion()[:, 0]
        back[0, 2, 3] = -forward
        depth = torch.full((1, 1, HEIGHT, WIDTH), DEPTH + forward)
        sources.append(warp(texture, depth, intrinsics, back)[0])
    return texture, torch.stack(sources, 1), intrinsics


def slope_of_sideways_motion(shift: float, seed: int, *, auto_masked: bool) -> float:
    """Derivative of the loss where the predicted motion is `shift` metres to the side, and none forward."""
    image, sources, intrinsics = driving(seed)
    sideways = torch.tensor(shift, requires_grad=True)
    direction = torch.zeros(1, 2, 4, 4)
    direction[0, :, 0, 3] = torch.tensor([-1.0, 1.0])
    depth = prediction(torch.full((1, 1, HEIGHT, WIDTH), DEPTH))
    made = inputs(depth, no_motion(1, 2) + sideways * direction, image=image, sources=sources, intrinsics=intrinsics)
    made.auto_masked = auto_masked
    return float(torch.autograd.grad(Photometric()(made, 0).value, sideways)[0])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shift", [-0.2, -0.1, 0.1, 0.2])
def test_it_drives_a_wrong_motion_on_until_it_has_waited(seed, shift):
    """The camera drives forward. Where the image flows against a sideways motion the mask silences the pixels.

    So the loss falls further to the side, away from the truth, and without the mask it falls back to none.
    """
    assert slope_of_sideways_motion(shift, seed, auto_masked=True) * shift < 0
    assert slope_of_sideways_motion(shift, seed, auto_masked=False) * shift > 0


def test_without_it_every_pixel_counts():
    """A still camera and a wrong motion: masked it costs nothing, else the error of the warped view."""
    image, poses, depth = random(2, 1, 3, 8, 12), no_motion(), torch.full((1, 1, 8, 12), 5.0)
    poses[0, 0, 0, 3] = 1.0

    def given() -> LossInputs:
        return inputs(prediction(depth), poses, image=image, sources=image[:, None], intrinsics=camera())

    masked, free = given(), given()
    free.auto_masked = False
    assert float(Photometric()(masked, 0).value) == pytest.approx(0.0, abs=5e-5)
    result = Photometric()(free, 0)
    expected = photometric_error(warp(image, depth, camera(), poses[:, 0])[0], image)
    torch.testing.assert_close(result.value, expected.mean())
    assert result.maps["auto_mask"].all()
