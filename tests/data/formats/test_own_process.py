import os
import signal

import numpy as np
import pytest

from gradunc.data.formats.own_process import Ended, in_own_process
from gradunc.errors import InputError


def test_the_answer_comes_through():
    found = in_own_process(lambda: [np.arange(300_000), os.getpid()])
    np.testing.assert_array_equal(found[0], np.arange(300_000))
    assert found[1] != os.getpid()


def test_an_error_comes_through():
    def read():
        raise InputError("it is damaged")

    with pytest.raises(InputError, match=r"^it is damaged$"):
        in_own_process(read)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_ends_is_an_error(number):
    with pytest.raises(Ended, match=f"exit code -{int(number)}"):
        in_own_process(lambda: os.kill(os.getpid(), number))


def test_what_cannot_be_sent_is_an_error():
    with pytest.raises(Ended, match="exit code 1"):
        in_own_process(lambda: lambda: 1)
