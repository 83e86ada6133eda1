"""The message of an error is one line that a person can read, whatever stands in it."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from gradunc.errors import LONGEST, InputError, one_line


@given(st.text())
def test_every_message_is_one_printable_line(text: str) -> None:
    line = str(InputError(f"name '{text}' is unknown"))
    assert line.isprintable()
    line.encode()
    assert len(line) <= LONGEST


@given(st.text(st.characters(categories=["L", "N", "P", "S"])).filter(lambda text: len(text) < LONGEST))
def test_printable_words_stay(text: str) -> None:
    assert one_line(text) == text


def test_a_long_text_keeps_both_ends() -> None:
    line = str(InputError(f"start {'9' * 10**7} end"))
    assert line.startswith("start 999")
    assert line.endswith("999 end")
    assert len(line) == LONGEST


def test_signs_that_cannot_be_seen_are_named() -> None:
    assert one_line("\ufefffx\x00 \udc80") == "\\ufefffx\\x00 \\udc80"


def test_it_comes_through_a_process() -> None:
    error = InputError("'a b' is\nunknown")
    assert str(pickle.loads(pickle.dumps(error))) == str(error) == "'a b' is unknown"


def test_pytorch_s_wrapping_is_taken_off() -> None:
    text = "Caught InputError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n"
    assert str(InputError(f'{text}  File "x"\ngradunc.errors.InputError: it is damaged')) == "it is damaged"
