import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gradunc.data.loading.augmentation import mirror
from gradunc.data.loading.collate import collate
from gradunc.ops.truth import gathered, own_truth, spread
from gradunc.types import Sample


def sample(depth: Tensor) -> Sample:
    return {"image": torch.zeros(3, 4, 6), "depth": depth, "valid": depth > 0}


def test_samples_of_one_size_are_stacked_as_they_are() -> None:
    depth = torch.rand(1, 5, 7)
    batch = collate([sample(depth), sample(depth + 1)])
    assert torch.equal(batch["depth"], torch.stack([depth, depth + 1]))


def test_sparse_truth_of_several_sizes_keeps_every_measurement() -> None:
    small = torch.zeros(1, 375, 1242)
    small[0, 100, 200] = 7.5
    small[0, 374, 1241] = 3.0
    large = torch.zeros(1, 376, 1241)
    large[0, 0, 0] = 9.0
    batch = collate([sample(small), sample(large)])
    assert batch["depth"].shape == (2, 1, 376, 1242)
    assert sorted(batch["depth"][0][batch["valid"][0]].tolist()) == [3.0, 7.5]
    assert float(batch["depth"][0, 0, 100, 200]) == 7.5  # (100.5 * 376 / 375, 200.5) lies in this pixel
    assert float(batch["depth"][1, 0, 0, 0]) == 9.0


def test_spread_moves_a_pixel_to_the_cell_that_holds_its_centre() -> None:
    sparse = torch.tensor([[[1.0, 2.0, 3.0]]])
    # Centres 0.5, 1.5, 2.5 of 3 become 0.83, 2.5, 4.17 of 5.
    assert spread(sparse, (1, 5)).tolist() == [[[1.0, 0.0, 2.0, 0.0, 3.0]]]


def test_samples_without_truth_are_stacked() -> None:
    images: list[Sample] = [{"image": torch.ones(3, 4, 6)}, {"image": torch.zeros(3, 4, 6)}]
    assert collate(images)["image"].shape == (2, 3, 4, 6)


def test_a_sample_without_truth_gets_one_that_counts_nowhere() -> None:
    depth = torch.rand(1, 5, 7) + 1
    batch = collate([{"image": torch.zeros(3, 4, 6)}, sample(depth)])
    assert torch.equal(batch["depth"][1], depth)
    assert not batch["depth"][0].any()
    assert batch["valid"].flatten(1).all(1).tolist() == [False, True]
    assert not batch["valid"][0].any()
    assert batch["valid"].dtype == torch.bool


def test_poses_that_some_samples_do_not_know_are_nan() -> None:
    views = torch.zeros(2, 3, 4, 6)
    known: Sample = {"image": views[0], "sources": views, "source_pose": torch.eye(4).expand(2, 4, 4)}
    batch = collate([known, {"image": views[0], "sources": views}])
    assert torch.equal(batch["source_pose"][0], known["source_pose"])
    assert batch["source_pose"].shape == (2, 2, 4, 4)
    assert batch["source_pose"][1].isnan().all()


def test_what_only_some_samples_have_is_left_out() -> None:
    one: Sample = {
        "image": torch.zeros(3, 4, 6),
        "intrinsics": torch.eye(3),
        "regions": {"moving": torch.zeros(1, 4, 6)},
    }
    assert set(collate([one, {"image": torch.zeros(3, 4, 6)}])) == {"image"}
    assert set(collate([one, one])) == {"image", "intrinsics", "regions"}


def test_images_of_bytes_and_of_floats_mean_the_same() -> None:
    views = torch.full((1, 3, 2, 2), 51, dtype=torch.uint8)
    recorded: Sample = {"image": views[0], "sources": views}
    rendered: Sample = {"image": views[0] / 255, "sources": views / 255}
    batch = collate([recorded, rendered])
    assert batch["image"].dtype == batch["sources"].dtype == torch.float32
    assert torch.equal(batch["image"][0], batch["image"][1])
    assert torch.equal(batch["sources"][0], batch["sources"][1])
    assert collate([recorded, recorded])["image"].dtype == torch.uint8


SIDES = st.integers(1, 40)


@given(SIDES, SIDES, SIDES, SIDES)
def test_what_was_spread_is_gathered_again(height: int, width: int, higher: int, wider: int) -> None:
    sparse = torch.rand(1, height, width) + 1
    large = spread(sparse, (height + higher, width + wider))
    assert int((large > 0).sum()) == sparse.numel()
    assert torch.equal(gathered(large, (height, width)), sparse)


def test_every_image_has_its_own_truth_back() -> None:
    samples = [sample(torch.rand(1, height, width)) for height, width in ((5, 7), (6, 6), (4, 9))]
    samples[1]["valid"] = samples[1]["depth"] > 0.5
    batch = collate(samples)
    assert batch["truth_size"].tolist() == [[5, 7], [6, 6], [4, 9]]
    for (depth, valid), one in zip(own_truth(batch), samples, strict=True):
        assert torch.equal(depth, one["depth"])
        assert torch.equal(valid, one["valid"])
    assert "truth_size" not in mirror(batch, torch.tensor([True, False, False]))


def test_truths_of_one_size_are_taken_as_they_are() -> None:
    one = sample(torch.rand(1, 5, 7))
    batch = collate([one, one])
    assert "truth_size" not in batch
    assert all(torch.equal(depth, one["depth"]) for depth, _ in own_truth(batch))
    del batch["valid"]
    assert all(valid.all() for _, valid in own_truth(batch))
