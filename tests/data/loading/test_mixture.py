from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import Dataset

from gradunc.data.loading.augmentation import sample_draws
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.failures import Checked
from gradunc.data.loading.mixture import Mixture, MixtureSampler, apportion
from gradunc.errors import InputError
from gradunc.types import Sample

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=4)


class Numbers(Dataset[Sample]):
    """Image i is filled with base + i."""

    def __init__(self, base: int, length: int) -> None:
        self.base, self.length, self.prepared = base, length, 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        return {"image": torch.full((3, 2, 2), self.base + index, dtype=torch.uint8), "index": torch.tensor(index)}

    def name(self, index: int) -> str:
        return f"{self.base}/{index}"

    def prepare(self) -> None:
        self.prepared += 1


def epoch(sampler: MixtureSampler, number: int) -> list[int]:
    """Positions of an epoch."""
    sampler.epoch = number
    return [number % sampler.total for number in sampler]


def test_parts_follow_one_another():
    mixture = Mixture({"a": Numbers(0, 3), "b": Numbers(100, 2)})
    assert len(mixture) == 5
    assert [int(mixture[i]["image"][0, 0, 0]) for i in range(5)] == [0, 1, 2, 100, 101]
    assert [int(mixture[i]["index"]) for i in range(5)] == list(range(5))
    assert [mixture.name(i) for i in (2, 3)] == ["0/2", "100/0"]
    assert [int(sample["index"]) for sample in mixture] == list(range(5))
    with pytest.raises(IndexError):
        mixture[-1]
    mixture.prepare()
    assert [part.prepared for part in mixture.parts.values()] == [1, 1]


def test_empty_parts():
    with pytest.raises(InputError, match="part 'b' of the mixture holds no sample"):
        Mixture({"a": Numbers(0, 3), "b": Numbers(0, 0)})
    with pytest.raises(InputError, match="no part"):
        Mixture({})


def test_shares_by_hand():
    sampler = MixtureSampler([6, 4], [1, 4], 1, 0, seed=0)
    assert sampler.counts == [2, 8]
    parts = [epoch(sampler, number) for number in range(3)]
    # Two of six in every epoch: each exactly once in three epochs.
    assert sorted(i for part in parts for i in part if i < 6) == list(range(6))
    # Eight of four: each exactly twice in every epoch.
    assert all(Counter(i for i in part if i >= 6) == {6: 2, 7: 2, 8: 2, 9: 2} for part in parts)
    assert len({tuple(part) for part in parts}) == 3


@given(LENGTHS, st.data(), st.integers(1, 4))
def test_no_sample_is_drawn_again_before_all_others_of_its_part(lengths, data, epochs):
    weights = data.draw(st.lists(st.floats(0.1, 10), min_size=len(lengths), max_size=len(lengths)))
    sampler = MixtureSampler(lengths, weights, 1, 0, seed=1)
    drawn = Counter(index for number in range(epochs) for index in epoch(sampler, number))
    assert sum(drawn.values()) == epochs * sum(lengths)
    start = 0
    for length, count in zip(lengths, sampler.counts, strict=True):
        times = [drawn[index] for index in range(start, start + length)]
        assert sum(times) == epochs * count
        assert max(times) - min(times) <= 1
        start += length


@given(LENGTHS, st.integers(1, 4), st.integers(0, 3))
def test_processes_share_the_order_of_one(lengths, processes, number):
    weights = [1.0 + i for i in range(len(lengths))]
    whole = epoch(MixtureSampler(lengths, weights, 1, 0, seed=2), number)
    shards = [epoch(MixtureSampler(lengths, weights, processes, rank, seed=2), number) for rank in range(processes)]
    assert len({len(shard) for shard in shards}) == 1
    interleaved = [index for together in zip(*shards, strict=True) for index in together]
    assert interleaved == whole[: len(whole) - len(whole) % processes]


def test_the_order_is_a_function_of_seed_and_epoch_and_can_be_entered_anywhere():
    sampler = MixtureSampler([20, 10], [1, 1], 1, 0, seed=0)
    orders = [epoch(sampler, number) for number in range(3)]
    fresh = MixtureSampler([20, 10], [1, 1], 1, 0, seed=0)
    assert epoch(fresh, 2) == orders[2]
    fresh.start = 7
    assert [number % 30 for number in fresh] == orders[2][7:]
    assert epoch(MixtureSampler([20, 10], [1, 1], 1, 0, seed=1), 0) not in orders


@given(st.integers(0, 1000), st.lists(st.floats(0.01, 100), min_size=1, max_size=6))
def test_whole_numbers_in_proportion(total, weights):
    counts = apportion(total, weights)
    assert sum(counts) == total
    for count, weight in zip(counts, weights, strict=True):
        assert abs(count - total * weight / sum(weights)) < 1 + 1e-9


def test_a_training_goes_on_in_the_midst_of_an_epoch():
    def loader():
        mixture = Mixture({"a": Numbers(0, 30), "b": Numbers(100, 10)}, {"a": 1, "b": 3})
        return DepthData(lambda split: mixture, batch_size=4).train_dataloader()

    whole = loader()
    epochs = [[batch["index"].tolist() for batch in whole] for _ in range(2)]
    assert epochs[0] != epochs[1]
    # Thirty of the ten samples of b in an epoch: three of each, told apart.
    for numbers in epochs:
        drawn = sorted(number for batch in numbers for number in batch if number % 40 >= 30)
        assert drawn == [position + 40 * repetition for repetition in range(3) for position in range(30, 40)]
    broken = loader()
    list(broken)
    batches = iter(broken)
    seen = [next(batches)["index"].tolist() for _ in range(3)]
    resumed = loader()
    resumed.load_state_dict(broken.state_dict())
    assert seen + [batch["index"].tolist() for batch in resumed] == epochs[1]


def test_a_weight_of_zero_draws_nothing():
    assert epoch(MixtureSampler([3, 2], [0, 1], 1, 0, seed=0), 0).count(0) == 0


def test_training_batches_follow_the_weights_and_evaluation_does_not():
    mixture = Mixture({"a": Numbers(0, 30), "b": Numbers(100, 10)}, {"a": 1, "b": 3})
    module = DepthData(lambda split: mixture, batch_size=4, eval_batch_size=4)
    trained = torch.cat([batch["image"][:, 0, 0, 0] for batch in module.train_dataloader()])
    assert int((trained >= 100).sum()) == 30
    tested = torch.cat([batch["index"] for batch in module.test_dataloader()])
    assert tested.tolist() == list(range(40))


def test_repetitions_are_the_same_sample_by_another_number():
    mixture = Mixture({"a": Numbers(0, 3), "b": Numbers(100, 2)})
    assert [int(mixture[4 + 5 * k]["image"][0, 0, 0]) for k in range(3)] == [101] * 3
    assert [int(mixture[4 + 5 * k]["index"]) for k in range(3)] == [4, 9, 14]
    assert mixture.name(14) == "100/1"


@given(LENGTHS, st.integers(1, 3), st.integers(0, 3))
def test_no_number_is_drawn_twice_in_an_epoch_whatever_the_processes(lengths, processes, number):
    """So every repetition is augmented in its own way; the numbers of a sample have no gap."""
    weights = [1.0 + 3 * i for i in range(len(lengths))]
    total = sum(lengths)
    samplers = [MixtureSampler(lengths, weights, processes, rank, seed=2) for rank in range(processes)]
    for sampler in samplers:
        sampler.epoch = number
    drawn = samplers[0].order().tolist()
    times = Counter(index % total for index in drawn)
    assert sorted(drawn) == sorted(p + total * k for p, count in times.items() for k in range(count))
    together = [list(sampler) for sampler in samplers]
    assert [n for numbers in zip(*together, strict=True) for n in numbers] == drawn[: total - total % processes]


class Partly(Numbers):
    """Some samples cannot be read."""

    def __init__(self, base: int, length: int, bad: set[int]) -> None:
        super().__init__(base, length)
        self.bad = bad

    def __getitem__(self, index: int) -> Sample:
        if index in self.bad:
            raise InputError(f"cannot read {self.name(index)}")
        return super().__getitem__(index)


def test_the_substitute_of_a_bad_sample_is_of_its_part():
    parts = {"a": Numbers(0, 30), "b": Partly(100, 10, {2, 5, 7})}
    checked = Checked(Mixture(parts, {"a": 1, "b": 3}), substitute=True)
    chosen = [[int(checked[30 + i + 40 * k].content["index"]) for k in range(3)] for i in (2, 5, 7)]
    for numbers in chosen:
        assert [number // 40 for number in numbers] == [0, 1, 2]  # repetitions stay apart
        assert len({number % 40 for number in numbers}) == 1  # always the same sample
        assert numbers[0] in range(30, 40)
    assert len({numbers[0] for numbers in chosen}) > 1
    # Nothing of the part is left: any will do.
    checked = Checked(Mixture({"a": Numbers(0, 3), "b": Partly(100, 2, {0, 1})}), substitute=True)
    assert int(checked[4].content["index"]) < 3


def test_training_keeps_the_weights_and_reports_a_bad_sample_once():
    parts = {"a": Numbers(0, 30), "b": Partly(100, 10, {2})}
    module = DepthData(lambda _: Mixture(parts, {"a": 1, "b": 3}), batch_size=4, on_error="skip")
    trained = torch.cat([batch["image"][:, 0, 0, 0] for batch in module.train_dataloader()])
    assert int((trained >= 100).sum()) == 30
    assert {index: failure.name for index, failure in module.report.found["train"].items()} == {32: "100/2"}


def test_repetitions_are_augmented_in_different_ways():
    draws = sample_draws(0, 0, [4, 9, 14])
    assert len(draws.unique(dim=0)) == 3
