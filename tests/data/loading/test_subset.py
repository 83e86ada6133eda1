"""A share of the training samples."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from gradunc.assembly import build_data
from gradunc.data.loading.failures import Checked
from gradunc.data.loading.mixture import Mixture
from gradunc.data.loading.subset import Subset, subset_checksum, subset_indices, subset_of
from gradunc.data.settings import DataSettings
from tests.data.loading.test_mixture import Numbers


@given(st.integers(1, 200), st.floats(0.001, 1.0), st.integers(0, 2**32 - 1))
def test_the_size_and_no_sample_twice(total, fraction, seed):
    found = subset_indices(total, fraction, seed)
    assert len(found) == min(total, max(1, round(fraction * total)))
    assert (np.diff(found) > 0).all()
    assert found.min() >= 0
    assert found.max() < total
    assert np.array_equal(found, subset_indices(total, fraction, seed))


def test_seeds_draw_apart():
    """Two quarters of 400 share as many samples as chance says, and every sample is drawn by some seed."""
    drawn = [set(subset_indices(400, 0.25, seed).tolist()) for seed in range(40)]
    shared = [len(drawn[i] & drawn[j]) for i in range(40) for j in range(i)]
    law = hypergeom(400, 100, 100)
    assert np.mean(shared) == pytest.approx(law.mean(), abs=5 * law.std() / len(shared) ** 0.5)
    assert len(set.union(*drawn)) == 400


def test_samples_keep_their_index_and_name():
    base = Numbers(100, 8)
    found = Subset(base, np.array([1, 4, 7]))
    assert [int(found[i]["image"][0, 0, 0]) for i in range(3)] == [101, 104, 107]
    assert [int(sample["index"]) for sample in found] == [1, 4, 7]
    assert [found.name(i) for i in range(3)] == ["100/1", "100/4", "100/7"]
    with pytest.raises(IndexError):
        found[3]
    found.prepare()
    assert base.prepared == 1


class Damaged(Numbers):
    def __getitem__(self, index):
        if index == 4:
            raise OSError("damaged")
        return super().__getitem__(index)


def test_a_sample_that_cannot_be_read_is_replaced_by_one_of_the_subset():
    checked = Checked(Subset(Damaged(0, 100), np.array([1, 4, 7])), substitute=True)
    sample, failures = checked[1]
    assert sample is not None
    assert int(sample["index"]) in (1, 7)
    assert [failure.name for failure in failures] == ["0/4"]


def test_each_part_of_a_mixture_keeps_the_share():
    mixture = Mixture(
        {"a": Numbers(0, 40), "b": Numbers(100, 40), "c": Numbers(200, 3)}, {"a": 1.0, "b": 2.0, "c": 0.5}
    )
    found = subset_of(mixture, 0.25, 3)
    assert isinstance(found, Mixture)
    assert found.lengths == [10, 10, 1]
    assert found.weights == [1.0, 2.0, 0.5]
    first, second, _ = (part.indices.tolist() for part in found.parts.values())
    assert first != second, "parts are drawn apart"


def test_the_checksum_tells_subsets_apart():
    whole = Numbers(0, 40)
    assert subset_checksum(whole) == "all"
    sums = {subset_checksum(subset_of(whole, fraction, seed)) for fraction in (0.2, 0.3) for seed in range(3)}
    assert len(sums) == 6
    assert subset_checksum(subset_of(whole, 0.2, 1)) == subset_checksum(subset_of(whole, 0.2, 1))


def test_only_the_training_split_is_cut(tmp_path):
    settings = DataSettings(name="synthetic", cache=str(tmp_path), train_fraction=0.5, subset_seed=1)
    settings.synthetic.train_scenes = settings.synthetic.val_scenes = settings.synthetic.test_scenes = 2
    settings.synthetic.frames_per_scene = 4
    data = build_data(settings, (32, 64))
    assert [len(data.split(split)) for split in ("train", "val", "test")] == [4, 8, 8]
    indices = subset_indices(8, 0.5, 1)
    assert torch.equal(data.split("train")[2]["image"], whole(settings)[int(indices[2])]["image"])


def whole(settings):
    settings.train_fraction = 1.0
    return build_data(settings, (32, 64)).split("train")
