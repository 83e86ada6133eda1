"""Signals that become an exit code and one line."""

import os
import signal
import threading

import pytest

from gradunc.stopping import ENDING, Stopped, handled, stop_at_once


def test_every_signal_that_asks_for_an_end():
    assert [signal.Signals(number).name for number in ENDING] == ["SIGINT", "SIGTERM", "SIGHUP"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_is_raised_and_the_handlers_before_come_back(number, code):
    before = [signal.getsignal(each) for each in ENDING]
    with pytest.raises(Stopped) as stop, handled():
        os.kill(os.getpid(), number)
    assert stop.value.exit_code == code
    assert str(stop.value) == f"interrupted ({number.name})"
    assert [signal.getsignal(each) for each in ENDING] == before


def test_advice_is_a_part_of_the_line():
    assert str(Stopped(signal.SIGTERM, "resume with resume=a")) == "interrupted (SIGTERM); resume with resume=a"


def test_no_handler_of_errors_catches_it():
    assert not issubclass(Stopped, Exception)


def test_what_was_ignored_stays_ignored():
    """`nohup` starts a command like this."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handled():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_forked_process_leaves_the_signal_to_its_parent():
    with handled():
        child = os.fork()
        if not child:
            try:
                os.kill(os.getpid(), signal.SIGINT)
                os._exit(7)
            except BaseException:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_outside_the_main_thread_nothing_changes():
    found = []

    def inside() -> None:
        with handled(stop_at_once):
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]
