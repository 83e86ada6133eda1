import pytest
import torch

from gradunc.losses import LossEngine
from gradunc.losses.photometric import Photometric
from gradunc.ops.census import census_error
from gradunc.ops.similarity import photometric_error, ssim_loss
from tests.losses.helpers import camera, inputs, no_motion, prediction, random


def test_error_of_flat_images_by_hand() -> None:
    a, b = torch.full((1, 3, 4, 4), 0.2, dtype=torch.float64), torch.full((1, 3, 4, 4), 0.6, dtype=torch.float64)
    ssim = (2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4)
    expected = 0.85 * (1 - ssim) / 2 + 0.15 * 0.4
    error = photometric_error(a, b)
    assert error.shape == (1, 1, 4, 4)
    assert torch.allclose(error, torch.full_like(error, expected))


def test_error_averages_channels() -> None:
    a, b = random(0, 1, 3, 4, 5), random(1, 1, 3, 4, 5)
    channels = [photometric_error(a[:, [c]], b[:, [c]]) for c in range(3)]
    assert torch.allclose(photometric_error(a, b), sum(channels, torch.zeros(1)) / 3, atol=1e-6)


def test_a_view_that_does_not_move_is_masked() -> None:
    # The source equals the target: standing still explains it better than any motion.
    image, poses = random(2, 1, 3, 8, 12), no_motion()
    depth = torch.full((1, 1, 8, 12), 5.0, requires_grad=True)
    poses[0, 0, 0, 3] = 1.0
    result = Photometric()(
        inputs(
            prediction(depth),
            poses,
            image=image,
            sources=image[:, None],
            intrinsics=camera(),
        ),
        0,
    )
    assert not result.maps["auto_mask"].any()
    assert float(result.value.detach()) == pytest.approx(0.0, abs=5e-5)
    (gradient,) = torch.autograd.grad(result.value, depth)
    assert not gradient.any(), "a masked pixel is a constant"


def test_only_the_static_patch_is_masked() -> None:
    # A wall 2 px away in the source; a patch stuck to the camera (a car ahead) is at the same place in both views.
    texture, patch = random(3, 1, 3, 16, 26), random(4, 1, 3, 8, 8)
    image, source = texture[..., 2:26].clone(), texture[..., :24].clone()
    for view in (image, source):
        view[..., 4:12, 8:16] = patch
    # f b / z = 20 * 1 / 10 = 2 px to the right.
    poses = no_motion()
    poses[0, 0, 0, 3] = 1.0
    depth = torch.full((1, 1, 16, 24), 10.0)
    mask = Photometric()(
        inputs(prediction(depth), poses, image=image, sources=source[:, None], intrinsics=camera()), 0
    ).maps["auto_mask"]
    assert not mask[0, 0, 5:11, 9:15].any()
    # Far from the patch, its reprojection and the border, the moving wall is used.
    assert mask[0, 0, 1:-1, 18:21].all()
    assert mask[0, 0, 1:3, 1:21].all()


def test_the_better_source_explains_each_pixel() -> None:
    # Each source is the target itself but for one half that something hides; together they explain all of it.
    image = random(5, 1, 3, 8, 24)
    left_hidden, right_hidden = image.clone(), image.clone()
    left_hidden[..., :12], right_hidden[..., 12:] = 1 - image[..., :12], 1 - image[..., 12:]
    sources = torch.stack([left_hidden, right_hidden], 1)
    result = Photometric()(
        inputs(prediction(torch.ones(1, 1, 8, 24)), no_motion(1, 2), image=image, sources=sources, intrinsics=camera()),
        0,
    )
    error = result.maps["photometric"][0, 0]
    # Away from the seam (SSIM windows) one of the sources is perfect.
    assert float(error[:, :11].abs().max()) < 1e-4
    assert float(error[:, 13:].abs().max()) < 1e-4
    alone = photometric_error(left_hidden, image)
    assert float(alone[..., :11].mean()) > 0.1


def test_masked_pixels_stay_in_the_denominator() -> None:
    image, source = random(6, 1, 3, 8, 12), random(7, 1, 3, 8, 12)
    result = Photometric()(
        inputs(
            prediction(torch.ones(1, 1, 8, 12)), no_motion(), image=image, sources=source[:, None], intrinsics=camera()
        ),
        0,
    )
    # Without motion both candidates are the same image: the mean over ALL pixels is that of the plain error.
    expected = 0.85 * ssim_loss(source, image).mean() + 0.15 * (source - image).abs().mean()
    assert float(result.value) == pytest.approx(float(expected), abs=5e-5)


def test_another_error_takes_the_place_of_the_photometric_one() -> None:
    image, source = random(6, 1, 3, 8, 12), random(7, 1, 3, 8, 12)
    given = inputs(
        prediction(torch.ones(1, 1, 8, 12)), no_motion(), image=image, sources=source[:, None], intrinsics=camera()
    )
    both = LossEngine({"photometric": 1.0, "census": 1.0})(given).parts
    # Without motion the warped source is the source.
    assert float(both["census"]) == pytest.approx(float(census_error(source, image).mean()), abs=5e-5)
    assert float(both["photometric"]) == pytest.approx(float(photometric_error(source, image).mean()), abs=5e-5)


def test_ties_are_broken_alike_in_every_run() -> None:
    image, source = random(6, 1, 3, 8, 12), random(7, 1, 3, 8, 12)
    given = inputs(
        prediction(torch.ones(1, 1, 8, 12)), no_motion(), image=image, sources=source[:, None], intrinsics=camera()
    )
    state = torch.get_rng_state()
    first, second = Photometric()(given, 0), Photometric()(given, 0)
    assert torch.equal(first.maps["photometric"], second.maps["photometric"])
    assert torch.equal(torch.get_rng_state(), state), "a resumed run could not draw the same numbers"
    # Both candidates are equal up to the noise: it decides about half of the pixels each way.
    assert 0.2 < float(first.maps["auto_mask"].float().mean()) < 0.8
