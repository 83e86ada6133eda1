"""The size of a recording's images, some of which may be damaged or turned."""

import pytest

from gradunc.data.recorded.sizes import usual_size
from gradunc.errors import InputError

SIZES = {"turned": (64, 48), "a": (48, 64), "b": (48, 64), "other": (5, 9)}


def read(name):
    if name not in SIZES:
        raise InputError(f"cannot read {name}")
    return SIZES[name]


def test_strict_takes_the_first_whatever_follows():
    assert usual_size(["turned", "a", "b", "damaged"], read, strict=True) == (64, 48)
    with pytest.raises(InputError, match="cannot read damaged"):
        usual_size(["damaged", "a"], read, strict=True, others=["b"])


def test_otherwise_most_decide():
    assert usual_size(["damaged", "turned", "a", "b"], read, strict=False) == (48, 64)
    assert usual_size(["turned", "a"], read, strict=False) == (64, 48), "the first of equally many"


def test_others_are_asked_only_if_nothing_can_be_read():
    assert usual_size(["other"], read, strict=False, others=["a", "b"]) == (5, 9)
    assert usual_size(["damaged"], read, strict=False, others=["gone", "a", "b"]) == (48, 64)
    with pytest.raises(InputError, match="cannot read damaged"):
        usual_size(["damaged"], read, strict=False, others=["gone"])


def test_not_every_file_of_a_long_recording_is_opened():
    asked = []
    usual_size(range(1000), lambda i: asked.append(i) or (1, 1), strict=False)
    assert len(asked) == 25
