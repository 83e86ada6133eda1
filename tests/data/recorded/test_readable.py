"""Mistakes in files are told before those in shares."""

import pytest

from gradunc.data.recorded.division import Division, EmptySplit, checked_division
from gradunc.data.recorded.readable import divide_readable, too_short
from gradunc.data.settings import DivisionSettings
from gradunc.errors import InputError

NONE = Division(0, 0, 1, stated=frozenset())
LENGTHS = {"a": 4, "b": 4}


def broken(*names: str):
    def look(name: str) -> None:
        if name in names:
            raise InputError(f"no calibration in {name}")

    return look


def test_sound_sequences_are_divided_without_a_look():
    assert divide_readable(LENGTHS, "test", NONE, broken("a", "b")) == {"a": range(4), "b": range(4)}


@pytest.mark.parametrize(
    ("names", "strict", "text"),
    [
        ((), True, "the train split is empty"),
        (("b",), True, "no calibration in b"),
        (("a", "b"), True, "no calibration in a"),
        (("b",), False, "the train split is empty"),
        (("a", "b"), False, "no calibration in a"),
    ],
)
def test_of_an_empty_split(names, strict, text):
    with pytest.raises(InputError) as caught:
        divide_readable(LENGTHS, "train", NONE, broken(*names), strict=strict)
    assert str(caught.value).startswith(text)


def test_neighbours_are_told_to_the_division():
    # 0.8 of 9 frames are 7; with neighbours validation has 3, and the test one.
    found = [divide_readable({"a": 9}, "train", Division(), broken(), frames=frames) for frames in ((), (-1, 1))]
    assert found == [{"a": range(7)}, {"a": range(5)}]


def test_names_that_do_not_exist_are_told_at_once():
    with pytest.raises(InputError, match=r"unknown sequence in data\.division\.train 'c'"):
        divide_readable(LENGTHS, "train", Division(["c"], [], []), broken("a"))


def test_too_short():
    (note,) = too_short({"a": range(3), "b": range(2), "c": range(5, 7)}, (-1, 1))
    assert note.places == ("b", "c")
    assert too_short({"a": range(1)}, ("s",)) == []


DEFAULT = DivisionSettings(0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("shares", "text"),
    [
        ((0.0, 0.0, 1.0), "by default it gets nothing of 2 sequence(s) with 8 frame(s); set for example"),
        ((0.0, 0.5, 0.5), "by default it gets nothing"),
        ((0, 0, 1), "by default it gets nothing"),
    ],
)
def test_only_what_a_user_has_set_is_named(shares, text):
    division = checked_division(DivisionSettings(*shares), DEFAULT)
    with pytest.raises(EmptySplit) as caught:
        divide_readable(LENGTHS, "train", division, broken())
    assert text in str(caught.value)
    assert "data.division.train=" not in str(caught.value)


def test_a_share_that_was_set_is_named():
    division = checked_division(DivisionSettings(0.5, 0.5, 0.0), DEFAULT)
    with pytest.raises(EmptySplit, match=r"data\.division\.test=0\.0 of 2 sequence"):
        divide_readable(LENGTHS, "test", division, broken())


def test_a_sum_above_one_says_which_shares_are_defaults():
    with pytest.raises(InputError) as caught:
        checked_division(DivisionSettings(0.8, 0.0, 1.0), DEFAULT)
    assert str(caught.value) == (
        "data.division.train=0.8, with val=0, test=1 by default: every share must be in [0,1] and their sum at most 1; "
        "set all three"
    )


def test_too_few_frames_for_the_default_shares():
    division = checked_division(DivisionSettings(), DivisionSettings())
    with pytest.raises(EmptySplit, match=r"1 sequence.s. with 2 frame.s. are too few to be shared out"):
        divide_readable({"a": 2}, "val", division, broken())
