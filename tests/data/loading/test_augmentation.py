"""Colours agree with torchvision, mirrored geometry with itself, randomness with its generator."""

import math

import pytest
import torch
import torchvision.transforms.v2.functional as vision
from hypothesis import given
from hypothesis import strategies as st

from gradunc.data.loading.augmentation import augment, mirror, sample_draws

H, W, B, N = 6, 10, 5, 2


def make_batch(size: int = B):
    draw = torch.Generator().manual_seed(1)
    pose = torch.eye(4).repeat(size, N, 1, 1)
    pose[:, 0, :3, 3] = torch.tensor([-0.5, 0.1, 0.2])
    pose[:, 1] = torch.nan
    depth = torch.rand(size, 1, 2 * H, 2 * W, generator=draw)
    return {
        "image": torch.rand(size, 3, H, W, generator=draw),
        "sources": torch.rand(size, N, 3, H, W, generator=draw),
        "depth": depth,
        "valid": depth > 0.3,
        "regions": {"moving": depth > 0.5},
        "intrinsics": torch.tensor([[8.0, 0.5, 3], [0, 7, 2], [0, 0, 1]]).repeat(size, 1, 1),
        "source_pose": pose,
        "index": torch.arange(size),
        "path": [f"{i}.png" for i in range(size)],
    }


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(seed: int = 0, size: int = B) -> torch.Tensor:
    return torch.rand(size, 13, generator=generator(seed))


def test_jitter_is_a_chain_of_torchvision_operations_with_one_choice_for_all_views():
    batch = make_batch()
    draws = draw(3)
    result = augment(batch, draws, flip=0, jitter=1)
    operations = (
        vision.adjust_brightness,
        vision.adjust_contrast,
        vision.adjust_saturation,
        vision.adjust_hue,
    )
    seen = set()
    for sample in range(B):
        spread = 2 * draws[sample, 2:6].double() - 1
        factors = (1 + 0.2 * spread[0], 1 + 0.2 * spread[1], 1 + 0.2 * spread[2], 0.1 * spread[3])
        views = torch.cat([batch["image"][sample, None], batch["sources"][sample]])
        order = draws[sample, 6:10].argsort().tolist()
        seen.add(tuple(order))
        for number in order:
            views = operations[number](views, float(factors[number]))
        torch.testing.assert_close(result["augmented_image"][sample], views[0], rtol=0, atol=1e-5)
        torch.testing.assert_close(result["augmented_sources"][sample], views[1:], rtol=0, atol=1e-5)
    assert len(seen) > 1


def test_jitter_leaves_the_images_of_the_photometric_loss():
    batch = make_batch()
    result = augment(batch, draw(), flip=0, jitter=1)
    assert torch.equal(result["image"], batch["image"])
    assert torch.equal(result["sources"], batch["sources"])
    assert not torch.allclose(result["augmented_image"], batch["image"], atol=0.01)


def test_without_jitter_the_augmented_images_are_the_mirrored_ones():
    result = augment(make_batch(), draw(), flip=1, jitter=0)
    assert torch.equal(result["augmented_image"], result["image"])
    assert torch.equal(result["augmented_sources"], result["sources"])


def test_every_sample_decides_for_itself():
    batch = make_batch(200)
    result = augment(batch, draw(0, 200))
    flipped = (result["image"] != batch["image"]).flatten(1).any(1)
    jittered = (result["augmented_image"] != result["image"]).flatten(1).any(1)
    for share in (flipped.float().mean(), jittered.float().mean()):
        assert 0.4 < share < 0.6  # 0.5 +- 2.8 standard deviations
    assert 0.15 < (flipped & jittered).float().mean() < 0.35


def test_mirror_turns_everything_of_the_chosen_samples_only():
    batch = make_batch()
    chosen = torch.tensor([True, False, True, False, False])
    result = mirror(batch, chosen)
    for key in ("image", "sources", "depth", "valid"):
        assert torch.equal(result[key][chosen], batch[key][chosen].flip(-1))
        assert torch.equal(result[key][~chosen], batch[key][~chosen])
    assert torch.equal(result["regions"]["moving"][chosen], batch["regions"]["moving"][chosen].flip(-1))
    assert torch.equal(result["intrinsics"][0], torch.tensor([[8.0, -0.5, W - 1 - 3], [0, 7, 2], [0, 0, 1]]))
    assert torch.equal(result["intrinsics"][1], batch["intrinsics"][1])
    assert result["source_pose"][0, 0, :3, 3].tolist() == pytest.approx([0.5, 0.1, 0.2])
    assert result["source_pose"][1, 0, :3, 3].tolist() == pytest.approx([-0.5, 0.1, 0.2])
    assert result["source_pose"][:, 1].isnan().all()
    assert result["path"] == batch["path"]


def test_mirror_twice_is_nothing():
    batch = make_batch()
    everywhere = torch.ones(B, dtype=torch.bool)
    twice = mirror(mirror(batch, everywhere), everywhere)
    for key in ("image", "sources", "depth", "valid", "intrinsics"):
        assert torch.equal(twice[key], batch[key])
    torch.testing.assert_close(twice["source_pose"], batch["source_pose"], rtol=0, atol=0, equal_nan=True)


def rotation(x: float, y: float, z: float) -> torch.Tensor:
    skew = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
    return torch.linalg.matrix_exp(skew)


def project(intrinsics, point):
    pixel = intrinsics @ point
    return pixel[:2] / pixel[2]


ANGLE = st.floats(-0.5, 0.5)
OFFSET = st.floats(-1, 1)


@given(
    st.tuples(ANGLE, ANGLE, ANGLE),
    st.tuples(OFFSET, OFFSET, OFFSET),
    st.tuples(OFFSET, OFFSET),
    st.floats(4, 50),
)
def test_a_point_lands_at_the_mirrored_column_of_both_views(angles, shift, direction, depth):
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, :3], pose[:3, 3] = rotation(*angles), torch.tensor(shift)
    intrinsics = torch.tensor([[300.0, 2, 100], [0, 280, 40], [0, 0, 1]], dtype=torch.float64)
    batch = {
        "image": torch.zeros(1, 3, 64, 224),
        "intrinsics": intrinsics[None],
        "source_pose": pose[None, None],
    }
    flipped = mirror(batch, torch.tensor([True]))
    point = torch.tensor([direction[0] * depth / 2, direction[1] * depth / 2, depth], dtype=torch.float64)
    opposite = point * torch.tensor([-1, 1, 1])
    moved = pose[:3, :3] @ point + pose[:3, 3]
    flipped_pose = flipped["source_pose"][0, 0]
    flipped_moved = flipped_pose[:3, :3] @ opposite + flipped_pose[:3, 3]
    pairs = ((point, opposite), (moved, flipped_moved))
    for before, after in pairs:
        u, v = project(intrinsics, before).tolist()
        landed = project(flipped["intrinsics"][0], after).tolist()
        assert landed == pytest.approx([223 - u, v], abs=1e-6)


def test_the_input_stays_untouched():
    batch, same = make_batch(), make_batch()
    augment(batch, draw(), flip=1, jitter=1)
    assert batch.keys() == same.keys()
    for key in ("image", "sources", "depth", "valid", "intrinsics"):
        assert torch.equal(batch[key], same[key])
    torch.testing.assert_close(batch["source_pose"], same["source_pose"], equal_nan=True)


def test_keys_that_are_absent_stay_absent():
    result = augment({"image": torch.rand(2, 3, H, W)}, draw(0, 2), flip=1, jitter=1)
    assert set(result) == {"image", "augmented_image"}


def test_a_sample_is_the_same_in_every_batch():
    batch = make_batch()
    torch.manual_seed(0)
    whole = augment(batch, sample_draws(3, 7, range(B)), jitter=1)
    torch.manual_seed(1)
    for indices in ([4, 0], [2], [1, 3]):
        part = {key: batch[key][indices] for key in ("image", "sources")}
        alone = augment(part, sample_draws(3, 7, indices), jitter=1)
        for key in ("image", "augmented_image", "augmented_sources"):
            torch.testing.assert_close(alone[key], whole[key][indices], rtol=0, atol=1e-6)


def test_every_seed_epoch_and_sample_draws_anew():
    draws = [sample_draws(seed, epoch, [index]) for seed in (0, 1) for epoch in (0, 1) for index in (0, 1)]
    assert len({tuple(one.flatten().tolist()) for one in draws}) == 8
    assert all(one.shape == (1, 19) and one.min() >= 0 and one.max() < 1 for one in draws)


def test_results_stay_in_range():
    result = augment(make_batch(), draw(), jitter=1, brightness=3, contrast=3, saturation=3, hue=0.5)
    image = result["augmented_image"]
    assert 0 <= image.min() <= image.max() <= 1
    assert math.isfinite(image.sum())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_same_on_a_gpu():
    batch = make_batch()
    moved = {key: value.cuda() if isinstance(value, torch.Tensor) else value for key, value in batch.items()}
    moved["regions"] = {name: mask.cuda() for name, mask in batch["regions"].items()}
    here, there = augment(batch, draw()), augment(moved, draw())
    for key in ("image", "augmented_image", "augmented_sources", "depth", "intrinsics"):
        torch.testing.assert_close(there[key].cpu(), here[key], rtol=0, atol=1e-5)
