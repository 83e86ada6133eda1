from hypothesis import given
from hypothesis import strategies as st

from gradunc.data.sampling import ShardSampler


@given(st.integers(0, 200), st.integers(1, 16))
def test_every_sample_exactly_once_over_all_processes(count: int, processes: int) -> None:
    data = [None] * count
    shards = [list(ShardSampler(data, processes, rank)) for rank in range(processes)]
    assert sorted(index for shard in shards for index in shard) == list(range(count))
    assert all(shard == sorted(shard) for shard in shards)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_one_process_sees_all_in_order() -> None:
    assert list(ShardSampler([None] * 4, 1, 0)) == [0, 1, 2, 3]
