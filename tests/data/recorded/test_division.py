from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradunc.data.recorded.division import Division, EmptySplit, divide, targets
from gradunc.errors import InputError
from gradunc.types import SPLITS

NAMES = st.text("abcdef", min_size=1, max_size=4)
LENGTHS = st.dictionaries(NAMES, st.integers(1, 1000), min_size=3, max_size=20)


def test_one_sequence_is_cut_in_time():
    parts = [divide({"kitchen": 120}, split, Division()) for split in SPLITS]
    assert parts == [{"kitchen": range(96)}, {"kitchen": range(96, 108)}, {"kitchen": range(108, 120)}]


def test_fewer_sequences_than_splits_are_all_cut():
    division = Division(0.5, 0.25, 0.25)
    assert divide({"b": 8, "a": 4}, "test", division) == {"a": range(3, 4), "b": range(6, 8)}


def test_a_gap_in_front_of_every_cut():
    division = Division(0.6, 0.2, 0.2, gap=3)
    assert [divide({"a": 20}, split, division)["a"] for split in SPLITS] == [range(9), range(12, 13), range(16, 20)]
    assert divide({"a": 20}, "train", Division(1, 0, 0, gap=3)) == {"a": range(20)}


def test_what_the_shares_leave_over_is_unused():
    assert divide({"a": 10}, "test", Division(0.1, 0.1, 0.1)) == {"a": range(2, 3)}
    assert divide({"a": 10}, "test", Division(0, 0, 1)) == {"a": range(10)}


@given(LENGTHS, st.integers(0, 5))
def test_sequences_stay_whole_and_in_one_split(lengths, seed):
    parts = [divide(lengths, split, Division(seed=seed)) for split in SPLITS]
    found = [name for part in parts for name in part]
    assert len(found) == len(set(found))
    assert all(part[name] == range(lengths[name]) for part in parts for name in part)
    assert all(parts)


@given(LENGTHS)
def test_the_order_in_which_folders_are_found_is_of_no_effect(lengths):
    for split in SPLITS:
        one = divide(dict(sorted(lengths.items())), split, Division())
        other = divide(dict(sorted(lengths.items(), reverse=True)), split, Division())
        assert list(one.items()) == list(other.items())
        assert list(one) == sorted(one)


@given(st.dictionaries(NAMES, st.integers(500, 1000), min_size=12, max_size=20))
def test_shares_are_shares_of_frames(lengths):
    # A split takes a sequence only while it lacks frames, so it overshoots by less than one; the other two together
    # overshoot by less than two.
    total, largest = sum(lengths.values()), max(lengths.values())
    for split, share in zip(SPLITS, (0.6, 0.2, 0.2), strict=True):
        frames = sum(map(len, divide(lengths, split, Division(0.6, 0.2, 0.2)).values()))
        assert -2 * largest < frames - share * total < largest


def test_a_scrap_does_not_become_the_training_set():
    for seed in range(5):
        lengths = {"long": 1000, "scrap": 3, "bit": 5}
        assert divide(lengths, "train", Division(seed=seed)) == {"long": range(1000)}


def test_shares_of_many_sequences_and_another_seed():
    lengths = {f"drive{i:02d}": 7 for i in range(20)}
    parts = {split: divide(lengths, split, Division(0.7, 0.1, 0.2)) for split in SPLITS}
    assert {split: len(part) for split, part in parts.items()} == {"train": 14, "val": 2, "test": 4}
    assert divide(lengths, "test", Division(0.7, 0.1, 0.2, seed=1)) != parts["test"]


def test_lists_of_names():
    division = Division(["a", "c"], ["b"], [])
    assert divide({"a": 2, "b": 3, "c": 4, "d": 5}, "train", division) == {"a": range(2), "c": range(4)}


def test_no_source_view_leaves_its_part():
    lengths, frames = {"a": 50}, (-2, 1, "s")
    used = {}
    for split in SPLITS:
        part = divide(lengths, split, Division(0.6, 0.2, 0.2))["a"]
        used[split] = {p + step for p in targets(part, frames) for step in (0, -2, 1)}
        assert targets(part, ()) == targets(part, ("s",)) == list(part)
    assert not used["train"] & used["val"]
    assert not used["val"] & used["test"]
    assert [min(used[split]) for split in SPLITS] == [0, 30, 40]


def parts_of(length, division, frames=()):
    """All splits of one sequence; an empty one as an empty range."""
    found = []
    for split in SPLITS:
        try:
            found.append(divide({"a": length}, split, division, frames)["a"])
        except EmptySplit:
            found.append(range(0))
    return found


@pytest.mark.parametrize(
    ("length", "division", "frames", "expected"),
    [
        # 0.8 and 0.9 of 27 are 22 and 24: validation has 2 frames, and begins one earlier.
        (27, Division(), (-1, 1), [range(21), range(21, 24), range(24, 27)]),
        (27, Division(), (), [range(22), range(22, 24), range(24, 27)]),
        (27, Division(), ("s",), [range(22), range(22, 24), range(24, 27)]),
        # The shortest that will do, and one that will not: as without neighbours.
        (7, Division(), (-1, 1), [range(3), range(3, 6), range(6, 7)]),
        (6, Division(), (-1, 1), [range(5), range(0), range(5, 6)]),
        # The gap is left out before each cut.
        (13, Division(gap=2), (-1, 1), [range(5), range(7, 10), range(12, 13)]),
        # Without a share there is nothing to lengthen, and a test asks for no neighbours.
        (10, Division(0.9, 0, 0.1), (-1, 1), [range(9), range(0), range(9, 10)]),
        # Training is never lengthened: its frames would be in the test without source views.
        (20, Division(0.1, 0.1, 0.8), (-2, 2), [range(2), range(2, 4), range(4, 20)]),
        # What the shares leave over stays unused.
        (40, Division(0.4, 0.05, 0.05), (-1, 1), [range(15), range(15, 18), range(18, 20)]),
    ],
)
def test_a_part_too_short_for_its_neighbours_begins_earlier(length, division, frames, expected):
    assert parts_of(length, division, frames) == expected


WEIGHTS = st.lists(st.integers(0, 10), min_size=3, max_size=3).filter(any)
STEPS = st.lists(st.integers(-4, 4).filter(bool), max_size=3).map(tuple)


@given(st.integers(1, 120), WEIGHTS, st.integers(0, 4), STEPS)
def test_parts_of_a_cut_sequence(length, weights, gap, frames):
    shares = [weight / sum(weights) for weight in weights]
    division = Division(*shares, gap=gap)
    if sum(share > 0 for share in shares) < 2:
        return  # it is dealt out whole
    plain, parts = parts_of(length, division), parts_of(length, division, frames)
    used = [part for part in parts if part]
    assert all(one.stop + gap <= other.start for one, other in pairwise(used))
    assert all(part.start >= 0 and part.stop <= length for part in used)
    span = max((0, *frames)) - min((0, *frames)) + 1
    asking = [place for place in (0, 1) if shares[place] > 0]
    needed = [plain[place] for place in asking]
    if not frames or all(len(part) >= span for part in needed):
        assert parts == plain
    # Neither training nor validation is seen in a test without source views.
    assert not {*parts[0], *parts[1]} & {*plain[2]}
    if parts != plain:
        assert all(len(parts[place]) >= span for place in asking)
        assert parts[2] == plain[2]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Division(0.8, 0.2, 0.2), "data.division.train=0.8, val=0.2, test=0.2: every share must be in [0,1]"),
        (lambda: Division(1.2, -0.2, 0), "sum at most 1"),
        (lambda: Division(["a"], 0.1, 0.1), "three numbers or three lists"),
        (lambda: divide({"a": 4}, "train", Division(["b"], [], [])), "unknown sequence in data.division.train 'b'"),
        (lambda: divide({"a": 4}, "val", Division(["a"], ["a"], [])), "'a' for train and for val; keep one"),
        (lambda: divide({"a": 4}, "val", Division(["a"], [], [])), "the val split is empty: data.division.val=[]"),
        (lambda: divide({"a": 4}, "val", Division(1, 0, 0)), "data.division.val=0 of 1 sequence(s) with 4 frame(s)"),
    ],
)
def test_messages(make, text):
    with pytest.raises(InputError) as caught:
        make()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
