from hypothesis import given
from hypothesis import strategies as st

from gradunc.data.loading.sampling import EpochSampler, ShardSampler


@given(st.integers(0, 200), st.integers(1, 16))
def test_every_sample_exactly_once_over_all_processes(count: int, processes: int) -> None:
    data = [None] * count
    shards = [list(ShardSampler(data, processes, rank)) for rank in range(processes)]
    assert sorted(index for shard in shards for index in shard) == list(range(count))
    assert all(shard == sorted(shard) for shard in shards)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_one_process_sees_all_in_order() -> None:
    assert list(ShardSampler([None] * 4, 1, 0)) == [0, 1, 2, 3]


def epoch(sampler: EpochSampler, number: int) -> list[int]:
    sampler.epoch = number
    return list(sampler)


@given(st.integers(0, 200), st.integers(1, 8), st.integers(0, 5))
def test_no_sample_twice_in_an_epoch(count: int, processes: int, number: int) -> None:
    data = [None] * count
    shards = [epoch(EpochSampler(data, processes, rank, seed=1), number) for rank in range(processes)]
    seen = [index for shard in shards for index in shard]
    assert len(seen) == len(set(seen)) == count - count % processes
    assert set(seen) <= set(range(count))
    assert {len(shard) for shard in shards} == {len(EpochSampler(data, processes, 0, seed=1))}


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 6))
def test_all_processes_together_hold_the_same_batches(processes: int, batch: int, batches: int) -> None:
    """Batch k of P processes with B samples is batch k of one process with P B samples."""
    data = [None] * (processes * batch * batches + 1)
    whole = epoch(EpochSampler(data, 1, 0, seed=3), 2)
    shards = [epoch(EpochSampler(data, processes, rank, seed=3), 2) for rank in range(processes)]
    for k in range(batches):
        together = {i for shard in shards for i in shard[k * batch : (k + 1) * batch]}
        assert together == set(whole[k * batch * processes : (k + 1) * batch * processes])


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    data = [None] * 50
    first = EpochSampler(data, 1, 0, seed=0)
    orders = [epoch(first, number) for number in range(3)]
    assert sorted(orders[0]) == list(range(50))
    assert len({tuple(order) for order in orders}) == 3
    assert epoch(first, 1) == orders[1]
    # Not the sum of both, by which seed 1 would begin where seed 0 goes on.
    assert epoch(EpochSampler(data, 1, 0, seed=1), 0) not in orders


def test_the_rest_of_an_epoch() -> None:
    sampler = EpochSampler([None] * 9, 2, 1, seed=0)
    whole = list(sampler)
    sampler.start = 3
    assert list(sampler) == whole[3:]
    assert len(sampler) == 4
