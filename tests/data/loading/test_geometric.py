"""Turned and cropped batches are scenes that could have been recorded so: by hand, and by warping one view."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gradunc.assembly.window import check_window
from gradunc.data.loading.augmentation import augment, sample_draws
from gradunc.data.loading.geometric import crop, rotate
from gradunc.errors import InputError
from gradunc.models import EncoderDecoder
from gradunc.ops.geometry import warp
from gradunc.types import Sample
from tests.losses.helpers import random
from tests.training.helpers import batch as toy_batch
from tests.training.helpers import tiny_model


def square(size: int = 8) -> Sample:
    """Two samples whose principal point is the middle of a square image."""
    middle = (size - 1) / 2
    camera = torch.tensor([[20.0, 0.0, middle], [0.0, 20.0, middle], [0.0, 0.0, 1.0]])
    depth = 1 + random(1, 2, 1, 2 * size, 2 * size)
    return {
        "image": random(0, 2, 3, size, size),
        "depth": depth,
        "valid": depth > 1.2,
        "regions": {"moving": depth > 1.5},
        "intrinsics": camera.expand(2, 3, 3).clone(),
    }


def get(batch: Sample, key: str) -> Tensor:
    return batch[key]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def test_a_quarter_turn_by_hand() -> None:
    given = square()
    found = rotate(given, torch.tensor([math.pi / 2, 0.0]))
    for key in ("image", "depth", "valid"):
        assert torch.allclose(get(found, key)[0].float(), get(given, key)[0].float().rot90(-1, (-2, -1)), atol=1e-4)
        assert torch.allclose(get(found, key)[1].float(), get(given, key)[1].float(), atol=1e-5)
    assert get(found, "valid").dtype == torch.bool
    moving, before = (one.get("regions", {})["moving"] for one in (found, given))
    assert torch.equal(moving[0], before[0].rot90(-1, (-2, -1)))
    assert torch.equal(get(found, "intrinsics"), get(given, "intrinsics"))


def smooth(width: int, u: Tensor, v: Tensor) -> Tensor:
    """A picture that bilinear sampling does not blur: (3,...) at any place."""
    return torch.stack([0.5 + 0.3 * torch.sin((u + k * v) / width * 6) for k in (0.3, 1.0, -0.7)])


def seen(camera: Tensor, pose: Tensor, depth: float, size: tuple[int, int]) -> Tensor:
    """A wall at z = `depth` of the target camera, as another camera sees it; by its own ray casting in float64."""
    v, u = torch.meshgrid(torch.arange(size[0]).double(), torch.arange(size[1]).double(), indexing="ij")
    rays = torch.linalg.inv(camera.double()) @ torch.stack([u, v, torch.ones_like(u)]).flatten(1)
    back = torch.linalg.inv(pose.double())
    origin, directions = back[:3, 3], back[:3, :3] @ rays
    points = origin[:, None] + directions * ((depth - origin[2]) / directions[2])
    place = camera.double() @ points
    return smooth(size[1], place[0] / depth, place[1] / depth).view(3, *size).float()


def test_a_turned_pair_is_still_one_scene() -> None:
    # Unequal focal lengths, a principal point beside the middle, motion in all directions.
    size, camera = (48, 64), torch.tensor([[50.0, 0.0, 36.0], [0.0, 40.0, 20.0], [0.0, 0.0, 1.0]])
    pose = torch.eye(4)
    pose[:3, 3] = torch.tensor([0.6, -0.3, -0.5])
    image, source = seen(camera, torch.eye(4), 10.0, size), seen(camera, pose, 10.0, size)
    given: Sample = {
        "image": image[None],
        "sources": source[None, None],
        "source_pose": pose[None, None],
        "intrinsics": camera[None],
        "depth": torch.full((1, 1, *size), 10.0),
        "valid": torch.ones(1, 1, *size, dtype=torch.bool),
    }

    def gap(batch: Sample) -> float:
        pose = get(batch, "source_pose")[:, 0]
        view, inside = warp(
            get(batch, "sources")[:, 0], torch.full((1, 1, *size), 10.0), get(batch, "intrinsics"), pose
        )
        keep = (inside & get(batch, "valid"))[0, 0]
        keep[:10], keep[-10:], keep[:, :10], keep[:, -10:] = False, False, False, False
        return float((view - batch["image"])[0][:, keep].abs().max())

    assert gap(given) < 0.01
    turned = rotate(given, torch.tensor([math.radians(15)]))
    assert float((turned["image"] - given["image"]).abs().mean()) > 0.02
    assert gap(turned) < 0.01
    turned["source_pose"] = get(given, "source_pose")
    assert gap(turned) > 0.02, "without the turn of the motion"


def test_what_comes_from_outside_is_unknown_and_truth_is_never_averaged() -> None:
    given = square(16)
    found = rotate(given, torch.full((2,), math.radians(20)))
    assert not get(found, "valid")[..., 0, 0].any()
    assert not get(found, "valid")[..., -1, -1].any()
    for one, before in zip(get(found, "depth"), get(given, "depth"), strict=True):
        assert set(one[one > 0].tolist()) <= set(before.flatten().tolist())


def test_unknown_motion_stays_unknown_alone() -> None:
    given = toy_batch(1, 2)
    get(given, "source_pose")[0, 1] = torch.nan
    pose = get(rotate(given, torch.tensor([0.1])), "source_pose")[0]
    assert pose[0].isfinite().all()
    assert pose[1].isnan().any()


def test_a_window_by_hand() -> None:
    given = square()
    found = crop(given, (4, 6), torch.tensor([[0.0, 0.0], [0.999, 0.5]]))
    # Five rows and three columns are possible.
    assert torch.equal(found["image"][0], given["image"][0, :, :4, :6])
    assert torch.equal(found["image"][1], given["image"][1, :, 4:, 1:7])
    for key in ("depth", "valid"):
        assert torch.equal(get(found, key)[1], get(given, key)[1, :, 8:, 2:14]), "truth at twice the resolution"
    assert get(found, "intrinsics")[1].tolist() == [[20.0, 0.0, 2.5], [0.0, 20.0, -0.5], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize("truth", [(48, 80), (37, 61), (16, 24)])
def test_windows_of_truth_of_any_size_stay_inside_and_alike(truth: tuple[int, int]) -> None:
    given: Sample = {"image": random(0, 40, 3, 32, 48), "depth": random(1, 40, 1, *truth)}
    found = crop(given, (16, 32), torch.rand(40, 2, generator=torch.Generator().manual_seed(0)))
    assert found["image"].shape == (40, 3, 16, 32)
    assert get(found, "depth").shape == (40, 1, round(truth[0] / 2), round(truth[1] * 2 / 3))


def test_the_largest_draw_is_still_inside() -> None:
    given: Sample = {"image": random(0, 1, 3, 8, 200)}
    last = torch.tensor([[np.nextafter(np.float32(1), np.float32(0))] * 2])
    assert torch.equal(crop(given, (8, 41), last)["image"], given["image"][..., 159:])


def test_augment_turns_and_crops_only_if_asked_for() -> None:
    given, draws = square(16), sample_draws(0, 1, [3, 4])
    assert draws.shape == (2, 19)
    for key in ("image", "augmented_image"):
        plain = augment(given, draws, flip=0.5, jitter=1)
        assert torch.equal(get(plain, key), get(augment(given, draws[:, :10], flip=0.5, jitter=1), key))
    # An angle of 12 * (2 u - 1) degrees.
    angles = torch.deg2rad(12 * (2 * draws[:, 10] - 1))
    found = augment(given, draws, flip=0, jitter=0, rotate=12, crop=[8, 8])
    assert torch.equal(found["image"], crop(rotate(given, angles), (8, 8), draws[:, 11:13])["image"])
    assert torch.equal(get(found, "augmented_image"), found["image"])


def test_earlier_draws_are_what_they_were() -> None:
    expected = np.random.default_rng((5, 2, 7)).random(10, dtype=np.float32)
    assert sample_draws(5, 2, [7])[0, :10].tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ([64, 64], r"crop=\[64,64\] is larger than model.size=\[32,64\]"),
        ([16, 64], r"crop=\[16,64\] must be multiples of 32"),
    ],
)
def test_a_window_that_does_not_fit_the_network(window: list[int], message: str) -> None:
    model = tiny_model()
    assert isinstance(model, EncoderDecoder)
    with pytest.raises(InputError, match=message):
        check_window(model, window)
